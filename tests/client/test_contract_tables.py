"""The tables of EvoLink's documentation, copied by hand into `data/contract.toml`, against our own schema."""

import copy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from client import schema
from client.elements import ElementRequest
from client.problems import problems
from client.schema import VideoRequest

Request = type[VideoRequest] | type[ElementRequest]
Row = dict[str, Any]

TABLES = tomllib.loads((Path(__file__).parent / "data" / "contract.toml").read_text(encoding="utf-8"))
VIDEO, ELEMENT = TABLES["video"], TABLES["element"]
ROWS = [(kind, path) for kind, table in ((VideoRequest, VIDEO), (ElementRequest, ELEMENT)) for path in table["fields"]]
LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "enum", "default")
PICTURE = "https://cdn.example.org/a.png"
WRONG = {
    "string": [7, 5.5, True, [], {}],
    "integer": ["5", 5.5, True, [], {}],
    "boolean": ["true", "on", 1, [], {}],
    "array": ["a", 5, True, {}],
    "object": ["a", 5, True, []],
}
"""For each type on the wire, values of every other."""


def row(kind: Request, path: str) -> Row:
    found: Row = (VIDEO if kind is VideoRequest else ELEMENT)["fields"][path]
    return found


def with_limit(*limits: str) -> list[tuple[Request, str, str]]:
    """Each row that has one of these limits, whoever set it."""
    return [
        (kind, path, limit)
        for kind, path in ROWS
        for limit in limits
        if limit in row(kind, path) | row(kind, path).get("ours", {})
    ]


def limit_of(kind: Request, path: str, limit: str) -> Any:
    return (row(kind, path) | row(kind, path).get("ours", {}))[limit]


def fields(node: dict[str, Any], models: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of a JSON schema by its path, with what the schema says of it."""
    for name, child in node.get("properties", {}).items():
        opened = flat(child, models)
        yield f"{path}{name}", opened | {"required": name in node.get("required", [])}
        yield from fields(opened, models, f"{path}{name}.")
        if "items" in opened:
            item = flat(opened["items"], models)
            if "properties" not in item:
                yield f"{path}{name}[]", item | {"required": False}
            yield from fields(item, models, f"{path}{name}[].")


def flat(node: dict[str, Any], models: dict[str, Any]) -> dict[str, Any]:
    """Without null and references; one choice is a choice too."""
    kinds = [kind for kind in node.get("anyOf", [{}]) if kind.get("type") != "null"]
    assert len(kinds) == 1
    named = kinds[0] | node
    opened = models.get(named.get("$ref", "").removeprefix("#/$defs/"), {}) | named
    return opened | ({"enum": [opened["const"]]} if "const" in opened else {})


def told(kind: Request) -> dict[str, dict[str, Any]]:
    described = kind.model_json_schema()
    return dict(fields(described, described["$defs"]))


def good(path: str) -> dict[str, Any]:
    """A request in which the field at this path is used."""
    if path.startswith("model_params.multi_prompt") or path == "model_params.shot_type":
        return video(first=True, shots=[5])
    body = video(references=1, elements=1) | {"callback_url": "https://hooks.example.org/", "aspect_ratio": "1:1"}
    body["model_params"]["watermark_info"] = {"enabled": True}
    if path.startswith(("image_start", "image_end")):
        body |= {"image_start": PICTURE, "image_end": PICTURE, "image_urls": []}
    return body


def good_element(path: str) -> dict[str, Any]:
    if path.startswith(("model_params.element_video_list", "model_params.element_voice_id")):
        return element(reference_type="video_refer", videos=1, voice="voice_1")
    return element(reference_type="image_refer", pictures=2) | {"callback_url": "https://hooks.example.org/"}


def video(
    *,
    first: bool = False,
    last: bool = False,
    references: int = 0,
    elements: int = 0,
    shots: list[int] | None = None,
    shot_type: str = "customize",
    **others: Any,
) -> dict[str, Any]:
    body: dict[str, Any] = {"model": "kling-o3-image-to-video", "prompt": "Rain", "duration": 5, "quality": "720p"}
    body |= {"sound": "off", "image_urls": [PICTURE] * references} | others
    body |= {name: PICTURE for name, there in (("image_start", first), ("image_end", last)) if there}
    params: dict[str, Any] = {
        "multi_shot": shots is not None,
        "element_list": [{"element_id": f"83001{number}"} for number in range(elements)],
    }
    if shots is not None:
        params["multi_prompt"] = [
            {"index": index, "prompt": "Rain", "duration": str(seconds)} for index, seconds in enumerate(shots, start=1)
        ]
        params |= {"shot_type": shot_type} if shot_type else {}
    return body | {"model_params": params}


def element(*, reference_type: str, pictures: int = 0, videos: int = 0, voice: str = "") -> dict[str, Any]:
    params: dict[str, Any] = {"element_name": "Mia", "element_description": "A girl", "reference_type": reference_type}
    if pictures:
        views = [{"image_url": PICTURE} for _ in range(pictures)]
        params["element_image_list"] = {"frontal_image": PICTURE, "refer_images": views}
    if videos:
        params["element_video_list"] = {"refer_videos": [{"video_url": PICTURE} for _ in range(videos)]}
    if voice:
        params["element_voice_id"] = voice
    return {"model": "kling-custom-element", "model_params": params}


def changed(kind: Request, path: str, *values: Any) -> dict[str, Any]:
    """A good request with this value at this path, or without the field there. `[]` is the first of a list."""
    body = copy.deepcopy(good(path) if kind is VideoRequest else good_element(path))
    *way, name = [0 if step == "[]" else step for step in path.replace("[]", ".[]").split(".")]
    found: Any = body
    for step in way:
        found = found[step]
    if values:
        [found[name]] = values
    else:
        del found[name]
    return body


def taken(kind: Request, body: dict[str, Any]) -> VideoRequest | ElementRequest:
    return kind.model_validate(body, strict=True, context={"wire": True})


def wrong(kind: Request, body: dict[str, Any]) -> list[tuple[str, str]]:
    """Where and why: the path in the table's spelling, the rule."""
    try:
        taken(kind, body)
    except ValidationError as error:
        return [(spelt(problem.field), problem.rule) for problem in problems(error)]
    return []


def spelt(field: tuple[str | int, ...]) -> str:
    return ".".join("[]" if isinstance(step, int) else step for step in field).replace(".[]", "[]")


def refused(kind: Request, body: dict[str, Any]) -> list[tuple[str, str]]:
    found = wrong(kind, body)
    assert found, "This was taken."
    return found


@pytest.mark.parametrize(("kind", "table"), [(VideoRequest, VIDEO), (ElementRequest, ELEMENT)])
def test_no_field_is_missing_and_none_is_too_many(kind: Request, table: dict[str, Any]) -> None:
    assert told(kind).keys() == table["fields"].keys()
    for name in table["no_such_fields"]:
        assert refused(kind, changed(kind, name, "x")) == [(name, "extra_forbidden")]


@pytest.mark.parametrize(("kind", "path"), ROWS)
def test_each_field_is_described_as_documented(kind: Request, path: str) -> None:
    documented, described = row(kind, path), told(kind)[path]
    limits = {name: value for name, value in documented.items() if name in LIMITS} | documented.get("ours", {})
    # A default of nothing is none: it is not sent.
    ours = {name: described[name] for name in LIMITS if described.get(name) not in (None, [], "")}
    assert {name: sorted(value) if name == "enum" else value for name, value in ours.items()} == {
        name: sorted(value) if name == "enum" else value for name, value in limits.items()
    }
    assert described["type"] == documented["type"]
    assert (described.get("format") in ("picture", "uri")) == documented.get("address", False)
    assert described["required"] <= documented.get("required", False)


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, path in ROWS if row(kind, path).get("required")])
def test_what_is_required_is_asked_for_or_always_sent(kind: Request, path: str) -> None:
    body = changed(kind, path)
    if "default" not in row(kind, path).get("ours", {}):
        assert wrong(kind, body) == [(path, "missing")]
        return
    sent = taken(kind, body).body()
    for step in path.split("."):
        sent = sent[step]
    assert sent == limit_of(kind, path, "default")


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, path, _ in with_limit("default")])
def test_defaults(kind: Request, path: str) -> None:
    found = taken(kind, changed(kind, path)).model_dump()
    for step in path.split("."):
        found = found[step]
    assert found == limit_of(kind, path, "default")


@pytest.mark.parametrize(("kind", "path"), ROWS)
def test_types_on_the_wire_are_taken_to_the_letter(kind: Request, path: str) -> None:
    for value in WRONG[row(kind, path)["type"]]:
        places = [place for place, _ in refused(kind, changed(kind, path, value))]
        assert path in places, value


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, path, _ in with_limit("enum")])
def test_choices(kind: Request, path: str) -> None:
    choices = limit_of(kind, path, "enum")
    for choice in choices:
        # A choice may need other fields, but is never wrong itself.
        assert path not in [place for place, _ in wrong(kind, changed(kind, path, choice))]
    for other in ("", "other", f"{choices[0]} ", choices[0].upper() + "X"):
        assert refused(kind, changed(kind, path, other)) == [(path, "literal_error")]


@pytest.mark.parametrize(("kind", "path", "limit"), with_limit("minimum", "maximum"))
def test_numbers_at_the_edge_and_beyond(kind: Request, path: str, limit: str) -> None:
    edge = limit_of(kind, path, limit)
    beyond = edge - 1 if limit == "minimum" else edge + 1
    taken(kind, changed(kind, path, edge))
    [(place, rule)] = refused(kind, changed(kind, path, beyond))
    assert (place, rule) == (path, "greater_than_equal" if limit == "minimum" else "less_than_equal")


def of_length(kind: Request, path: str, length: int) -> str:
    return PICTURE.ljust(length, "a") if row(kind, path).get("address") else "日" * length


@pytest.mark.parametrize(("kind", "path", "limit"), with_limit("minLength", "maxLength"))
def test_texts_at_the_edge_and_beyond(kind: Request, path: str, limit: str) -> None:
    edge = limit_of(kind, path, limit)
    beyond = edge - 1 if limit == "minLength" else edge + 1
    plain = "element_id" in path
    taken(kind, changed(kind, path, "8" * edge if plain else of_length(kind, path, edge)))
    [(place, _)] = refused(kind, changed(kind, path, "8" * beyond if plain else of_length(kind, path, beyond)))
    assert place == path


@pytest.mark.parametrize(("kind", "path", "limit"), with_limit("minItems", "maxItems"))
def test_lists_at_the_edge_and_beyond(kind: Request, path: str, limit: str) -> None:
    edge = limit_of(kind, path, limit)

    def body(count: int) -> dict[str, Any]:
        if path.endswith("multi_prompt"):
            return video(first=True, shots=[1] * count, duration=count)
        if path.endswith("element_list"):
            return video(elements=count)
        if path == "image_urls":
            return video(references=count)
        item = {"image_url" if path.endswith("refer_images") else "video_url": PICTURE}
        return changed(kind, path, [item] * count)

    taken(kind, body(edge))
    [(place, rule)] = refused(kind, body(edge - 1 if limit == "minItems" else edge + 1))
    assert (place, rule) == (path, "too_short" if limit == "minItems" else "too_long")


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, path in ROWS if row(kind, path).get("address")])
def test_addresses_are_public_and_speak_https(kind: Request, path: str) -> None:
    taken(kind, changed(kind, path, "https://cdn.example.org/a.png?b=1"))
    for address in ("", "a.png", "http://cdn.example.org/a.png", "https://127.0.0.1/", "https://10.0.0.1/a.png"):
        [(place, _)] = refused(kind, changed(kind, path, address))
        assert place == path, address
    for private in ("172.16.0.1", "172.31.255.255", "192.168.0.1", "localhost"):
        assert [place for place, _ in refused(kind, changed(kind, path, f"https://{private}/"))] == [path]


@pytest.mark.parametrize("seconds", [str(number) for number in range(1, 16)])
def test_the_seconds_of_a_shot_are_a_text_of_whole_seconds(seconds: str) -> None:
    rest = [str(3 - int(seconds))] if int(seconds) < 3 else []
    shots = [{"index": 1, "prompt": "Rain", "duration": text} for text in [seconds, *rest]]
    body = video(first=True, shots=[1], duration=max(3, int(seconds)))
    body["model_params"]["multi_prompt"] = shots
    taken(VideoRequest, body)


@pytest.mark.parametrize("seconds", ["", "0", "16", "05", "5.0", "5.5", "-5", "5 ", "5s", "five", "٥"])
def test_other_seconds_of_a_shot(seconds: str) -> None:
    path = "model_params.multi_prompt[].duration"
    assert refused(VideoRequest, changed(VideoRequest, path, seconds)) == [(path, "string_pattern_mismatch")]


@pytest.mark.parametrize(
    ("kind", "rule"),
    [(kind, rule) for kind, table in ((VideoRequest, VIDEO), (ElementRequest, ELEMENT)) for rule in table["rules"]],
    ids=lambda value: value["says"] if isinstance(value, dict) else value.__name__,
)
def test_combinations(kind: Request, rule: dict[str, Any]) -> None:
    make = video if kind is VideoRequest else element
    for parts in rule["keep"]:
        taken(kind, make(**parts))
    for parts in rule["break"]:
        assert [found for _, found in refused(kind, make(**parts))] == [rule["rule"]], parts


def test_a_request_without_pictures_is_refused_here_though_the_documentation_does_not_ask_for_one() -> None:
    assert refused(VideoRequest, video()) == [("image_start", "picture_missing")]
    VideoRequest.model_validate(video(), strict=True, context={"wire": True, "pictures_optional": True})


def test_what_a_picture_may_be() -> None:
    assert TABLES["picture"] == {
        "formats": list(schema.PICTURE_FORMATS),
        "max_bytes": schema.PICTURE_MAX_BYTES,
        "min_side": schema.PICTURE_MIN_SIDE,
        "max_ratio": schema.PICTURE_MAX_RATIO,
    }
