"""What the sandbox's OpenAPI says of bodies that no framework reads for it."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema


def bodies(kinds: Sequence[type[BaseModel]], *, strange_fields_pass: bool) -> dict[str, Any]:
    """The schemas of these requests as they are read from the wire, by name, with those that they are made of."""
    _, found = models_json_schema([(kind, "validation") for kind in kinds], ref_template="#/components/schemas/{model}")
    schemas: dict[str, Any] = found["$defs"]
    for kind in kinds:
        # In Python the model stands for itself; on the wire nothing else tells the kinds apart.
        schemas[kind.__name__]["required"] = ["model", *schemas[kind.__name__].get("required", [])]
    if strange_fields_pass:
        for schema in schemas.values():
            schema.pop("additionalProperties", None)
    return schemas
