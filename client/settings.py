"""What the environment says of EvoLink, for everybody who speaks to it."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from client.idempotency import Idempotency, Proofs


class ServiceSettings(BaseSettings):
    """From the environment, or from a file `.env` in the folder it is started from."""

    model_config = SettingsConfigDict(
        env_file=".env", frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    evolink_api_key: SecretStr | None = None
    evolink_base_url: str = "https://api.evolink.ai"
    evolink_files_url: str = "https://files-api.evolink.ai"
    evolink_idempotency: Annotated[Idempotency | None, BeforeValidator(lambda said: said or None)] = None
    data: Path = Field(default=Path("data"), validation_alias=AliasChoices("FIRSTFRAME_DATA"))

    @property
    def key(self) -> SecretStr | None:
        """None also for an empty value, as a duplicated Space or a copied file has it."""
        return self.evolink_api_key if self.evolink_api_key and self.evolink_api_key.get_secret_value() else None

    @property
    def proofs(self) -> Proofs:
        """What was seen of Idempotency-Keys."""
        return Proofs(self.data / "idempotency.json")

    @property
    def idempotency(self) -> Idempotency:
        """What is said of the service, or else what was seen."""
        return self.evolink_idempotency or self.proofs.standing(self.evolink_base_url)


def told(error: ValidationError) -> str:
    """What is wrong with settings, without their values, which may be secrets."""
    wrong: list[Any] = [(detail["loc"][0], detail["msg"]) for detail in error.errors(include_input=False)]
    return " ".join(f"The setting {name} will not do: {message}." for name, message in wrong)
