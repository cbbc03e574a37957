"""A request spelled out for programs, as JSON, curl and Python, and read back from JSON that somebody pastes."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from client.errors import PasteError
from client.order import UPLOAD
from client.schema import MODEL

MAX_BYTES: Final = 64 * 1024
"""Bytes of a pasted request, more than the fields can hold together."""
MAX_DEPTH: Final = 20

_PICTURES: Final = {"image_start", "image_end", "image_urls", "frontal_image", "image_url"}
_UPLOAD: Final = re.compile(rf"{UPLOAD}([\w.-]+)", re.ASCII)
_KEY: Final = '"Authorization: Bearer $EVOLINK_API_KEY"'


def as_json(body: dict[str, Any]) -> str:
    """The body as it goes over the wire, for people to read."""
    return json.dumps(body, indent=2, ensure_ascii=False)


def as_curl(body: dict[str, Any], base_url: str, files_url: str) -> str:
    """Commands for a shell. A picture that is not up yet gets a step of its own; what it answers is put in by hand."""
    steps = [_curl_upload(name, files_url) for name in dict.fromkeys(_uploads(_marked(body)))]
    order = (
        f"curl {shlex.quote(f'{base_url}/v1/videos/generations')} \\\n"
        f"  --header {_KEY} \\\n"
        f"  --header 'Content-Type: application/json' \\\n"
        f"  --data-raw {shlex.quote(as_json(body))}\n"
    )
    return "\n".join([*steps, order])


def as_python(body: dict[str, Any], base_url: str, files_url: str) -> str:
    """A script that orders the video and prints the id of its task; pictures that are not up yet lie beside it."""
    marked = _marked(body)
    helper = _python_upload(files_url) if any(_uploads(marked)) else ""
    return (
        "import os\n\n"
        "import httpx\n\n"
        'headers = {"Authorization": f"Bearer {os.environ[\'EVOLINK_API_KEY\']}"}\n'
        f"{helper}"
        f"body = {_literal(marked)}\n"
        f"url = {_literal(f'{base_url}/v1/videos/generations')}\n"
        "answer = httpx.post(url, headers=headers, json=body, timeout=60)\n"
        "answer.raise_for_status()\n"
        'print(answer.json()["id"])\n'
    )


def from_json(text: str) -> dict[str, Any]:
    """The body in a pasted text, not yet checked as a request. Raises PasteError."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise PasteError("That is too long for a request; 64 KB are the most.", code="paste_large")
    try:
        body = json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        sentence = "This is not JSON. Copy it once more, from the first { to the last }."
        raise PasteError(sentence, code="paste_not_json") from error
    if not isinstance(body, dict):
        raise PasteError("A request begins with { and ends with }.", code="paste_not_object")
    if _deeper_than(MAX_DEPTH, body):
        raise _too_deep()
    if body.get("model", MODEL) != MODEL:
        raise PasteError(f"This is for another model. Here it is {MODEL}.", code="paste_model")
    return body


@dataclass(frozen=True)
class _Upload:
    """A picture of the body that still lies on our disk."""

    name: str


def _marked(value: Any, field: str = "") -> Any:
    match value:
        case dict():
            return {name: _marked(part, name) for name, part in value.items()}
        case list():
            return [_marked(part, field) for part in value]
        case str() if field in _PICTURES and (upload := _UPLOAD.fullmatch(value)):
            return _Upload(upload[1])
        case _:
            return value


def _uploads(marked: Any) -> Iterator[str]:
    match marked:
        case _Upload(name):
            yield name
        case dict() | list():
            for part in marked.values() if isinstance(marked, dict) else marked:
                yield from _uploads(part)


def _curl_upload(name: str, files_url: str) -> str:
    return (
        f"# Send {name} up first and put the file_url of the answer in the place of {UPLOAD}{name} below.\n"
        f"curl {shlex.quote(f'{files_url}/api/v1/files/upload/stream')} \\\n"
        f"  --header {_KEY} \\\n"
        f"  --form file=@{name}\n"
    )


def _python_upload(files_url: str) -> str:
    return (
        "\n\n"
        "def upload(name):\n"
        f"    url = {_literal(f'{files_url}/api/v1/files/upload/stream')}\n"
        '    with open(name, "rb") as picture:\n'
        '        answer = httpx.post(url, headers=headers, files={"file": picture}, timeout=120)\n'
        "    answer.raise_for_status()\n"
        '    return answer.json()["data"]["file_url"]\n\n\n'
    )


def _literal(value: Any, indent: str = "") -> str:
    """A value as Python writes it, one entry a line. A string in JSON's spelling is a string in Python too."""
    inner = f"{indent}    "
    match value:
        case _Upload(name):
            return f"upload({_literal(name)})"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case dict() if value:
            rows = [f"{inner}{_literal(name)}: {_literal(part, inner)},\n" for name, part in value.items()]
            return f"{{\n{''.join(rows)}{indent}}}"
        case list() if value:
            rows = [f"{inner}{_literal(part, inner)},\n" for part in value]
            return f"[\n{''.join(rows)}{indent}]"
        case _:
            return repr(value)


def _deeper_than(levels: int, value: Any) -> bool:
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper_than(levels - 1, part) for part in parts)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON.")


def _too_deep() -> PasteError:
    return PasteError("This is nested too deeply for a request.", code="paste_deep")
