"""The manners of everything that is asked of EvoLink, and the kinds of value that it is made of."""

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializationInfo,
    ValidationInfo,
)

from client.addresses import check_address, origin
from client.errors import AddressError
from client.problems import rule_broken

UPLOAD: Final = "upload:"
"""Marks a picture that still lies on our disk: `upload:NAME`. It becomes an address before the request is sent."""


def _whole_number_as_text(value: Any, info: ValidationInfo) -> Any:
    """On the wire these are strings; people and programs may give a number, a body at the sandbox may not."""
    if isinstance(value, int) and not isinstance(value, bool) and not _from_wire(info):
        return str(value)
    return value


def _from_wire(info: ValidationInfo) -> bool:
    return bool(info.context and info.context.get("wire"))


def _callback(value: str) -> str:
    try:
        return check_address(value)
    except AddressError as error:
        raise rule_broken(error.code or "address", str(error)) from error


def _picture(value: str, info: ValidationInfo) -> str:
    """An upload, a public https address, or (in the sandbox, which serves plain http on loopback) its own address."""
    own = info.context.get("own_origin") if info.context else None
    if re.fullmatch(rf"{UPLOAD}[\w.-]+", value, re.ASCII) and not _from_wire(info):
        return value
    if own and origin(value) == own:
        return value
    return _callback(value)


def _written(value: str, info: SerializationInfo) -> str:
    return str(info.context["pictures"].get(value, value)) if info.context else value


Picture = Annotated[
    str,
    AfterValidator(_picture),
    PlainSerializer(_written),
    Field(max_length=2048, json_schema_extra={"format": "picture"}),
]
Address = Annotated[str, AfterValidator(_callback), Field(max_length=2048, json_schema_extra={"format": "uri"})]
Text = Annotated[str, BeforeValidator(_whole_number_as_text)]


class Asked(BaseModel):
    """The manners of every request: nothing unknown, nothing changed afterwards, help taken from the docstrings."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Order(Asked):
    """What can be ordered. Some of its pictures may still lie on our disk."""

    @abstractmethod
    def pictures(self) -> Iterator[str]:
        """Every picture, the one that stands for all of them first."""

    def uploads(self) -> list[str]:
        """Names of the pictures that still lie on our disk."""
        return [picture.removeprefix(UPLOAD) for picture in self.pictures() if picture.startswith(UPLOAD)]

    def body(self, uploaded: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON to send, with each `upload:NAME` replaced by its address in `uploaded`.

        Raises KeyError when a picture has no address yet.
        """
        return self.written({f"{UPLOAD}{name}": (uploaded or {})[name] for name in self.uploads()})

    def written(self, pictures: Mapping[str, str]) -> dict[str, Any]:
        """As JSON, without what was not chosen, and with other words for the pictures named in `pictures`."""
        return cast(dict[str, Any], without_empty(self.model_dump(mode="json", context={"pictures": pictures})))


def without_empty(value: Any) -> Any:
    """Leaves out what was not chosen: what EvoLink does with a null or an empty list is not documented."""
    if isinstance(value, dict):
        return {name: without_empty(part) for name, part in value.items() if part not in (None, [], "")}
    if isinstance(value, list):
        return [without_empty(part) for part in value]
    return value
