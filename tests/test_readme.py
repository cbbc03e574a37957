from pathlib import Path

from tests.readme import PLACE, README, table

ROOT = Path(__file__).parent.parent


def test_the_table_of_parameters_is_the_schema() -> None:
    found = PLACE.search(README.read_text(encoding="utf-8"))
    assert found, "the README has no place for the table"
    assert found[0] == table(), "run `python -m tests.readme`"


def test_pictures_and_files_it_names_exist() -> None:
    import re

    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert (ROOT / link).exists(), link


def test_every_setting_of_the_app_stands_in_the_example_file() -> None:
    from app import Settings

    names = {
        str(field.validation_alias.choices[0]) if field.validation_alias else name.upper()  # type: ignore[union-attr]
        for name, field in Settings.model_fields.items()
    }
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert {name for name in names if f"# {name}=" not in example} == {"SPACE_HOST", "SPACE_ID"}
