"""What may be asked of EvoLink: every field of a request, written once.

Title, help, limits and choices stand on the fields; the form, the wire body, the sandbox's checks, the API and the
README's table are read from here. For the form a field may also name its `labels` (value and label of each choice, an
empty value meaning that nothing is sent), its `unit`, its `lines`, and whether it is `advanced`. Limits are those of
EvoLink's documentation of `kling-o3-image-to-video`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from client.order import Address, Asked, Order, Picture, Text
from client.problems import rule_broken

MODEL: Final = "kling-o3-image-to-video"

MAX_IMAGES_AND_ELEMENTS: Final = 7
MAX_ELEMENTS_WITH_FIRST_FRAME: Final = 3
MAX_IMAGES_WITH_LAST_FRAME: Final = 2

PICTURE_FORMATS: Final = ("JPEG", "PNG")
PICTURE_MAX_BYTES: Final = 10_000_000
"""10 MB. Counted in millions, so that a picture is within the limit whichever megabyte the service means."""
PICTURE_MIN_SIDE: Final = 300
PICTURE_MAX_RATIO: Final = 2.5

PICTURE_MAX_STORED_BYTES: Final = 100_000_000
"""Of a file we are ready to make smaller."""
PICTURE_MAX_PIXELS: Final = 40_000_000
"""Of a picture we are ready to unpack. A small file can claim to be huge."""
PICTURE_LEAST_SIDE: Final = 100
"""Of a picture we are ready to enlarge. Below that there is nothing left to see."""


class Shot(Asked):
    """One shot of a storyboard."""

    index: int = Field(title="Shot number", ge=1, le=6)
    """The place of the shot in the film, counted from 1."""

    prompt: str = Field(title="What happens", min_length=1, max_length=512, json_schema_extra={"lines": 2})
    """Movement, camera and sound of this shot alone."""

    duration: Text = Field(
        title="Seconds",
        pattern=r"^([1-9]|1[0-5])$",
        json_schema_extra={"labels": [[str(seconds), f"{seconds} s"] for seconds in range(1, 16)], "unit": "s"},
    )
    """Whole seconds, at least 1. All shots together last as long as the video."""

    @property
    def seconds(self) -> int:
        return int(self.duration)


class ElementReference(Asked):
    """A person or thing made earlier as an element."""

    element_id: Text = Field(title="Element id", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    """The id that EvoLink gave when the element was made."""


class Watermark(Asked):
    """Whether EvoLink marks the video."""

    enabled: bool = Field(title="Watermark", default=False)
    """Put EvoLink's watermark on the video."""


class ModelParams(Asked):
    """Storyboard, elements and watermark."""

    multi_shot: bool = Field(
        title="Told in",
        default=False,
        json_schema_extra={"labels": [[False, "One shot"], [True, "Storyboard"]], "advanced": False},
    )
    """One text for all of it, or several shots, each with its own text and seconds; the single text then rests."""

    shot_type: Literal["customize"] | None = Field(
        title="Kind of storyboard", default=None, json_schema_extra={"labels": [["customize", "The shots I write"]]}
    )
    """How the video is cut into shots. This model knows one way: the shots you write."""

    multi_prompt: list[Shot] = Field(
        title="Storyboard", default=[], max_length=6, json_schema_extra={"advanced": False}
    )
    """Up to six shots; their seconds add up to the length of the video."""

    element_list: list[ElementReference] = Field(
        title="Elements", default=[], max_length=MAX_IMAGES_AND_ELEMENTS, json_schema_extra={"advanced": False}
    )
    """People or things made earlier as elements: at most 3 with a first frame, at most 7 pictures and elements in all.
    Call them <<<element_1>>>, <<<element_2>>> in the text."""

    watermark_info: Watermark | None = Field(
        title="Watermark",
        default=None,
        json_schema_extra={"labels": [["", "As EvoLink likes"], [False, "Off"], [True, "On"]]},
    )
    """Whether EvoLink marks the video. Left alone, EvoLink decides."""


class VideoRequest(Order):
    """A picture that shall become a video.

    Raises `pydantic.ValidationError`; `client.problems.problems` turns it into one sentence for each field.
    Validation context: `wire` (a body that came over HTTP: types to the letter, no uploads), `own_origin` (an origin
    whose addresses are good whatever they look like), `pictures_optional` (UNKNOWN in the contract, so a switch).
    """

    model: Literal["kling-o3-image-to-video"] = Field(title="Model", default=MODEL)
    """The model that makes the video."""

    image_start: Picture | None = Field(title="First frame", default=None)
    """The picture the video begins with. JPG or PNG, up to 10 MB, at least 300 pixels a side."""

    image_end: Picture | None = Field(title="Last frame", default=None)
    """The picture the video ends on. Needs a first frame; not together with references."""

    prompt: str = Field(
        title="What should happen?",
        default="",
        max_length=2500,
        examples=["The boat drifts slowly towards the pier while the camera rises. Soft waves, gulls far away."],
        json_schema_extra={"lines": 4},
    )
    """The picture already shows who and where. Write what moves, what the camera does and what is heard."""

    image_urls: list[Picture] = Field(title="Reference pictures", default=[], max_length=MAX_IMAGES_AND_ELEMENTS)
    """Pictures of a style, a place or a person to draw from. Call them <<<image_1>>>, <<<image_2>>> in the text; a
    first frame counts as the first."""

    duration: int = Field(title="Length", default=5, ge=3, le=15, json_schema_extra={"unit": "s"})
    """Seconds of video. The price grows with each second."""

    aspect_ratio: Literal["16:9", "9:16", "1:1"] | None = Field(
        title="Shape",
        default=None,
        json_schema_extra={
            "labels": [
                ["", "Same as your picture"],
                ["16:9", "Wide 16:9"],
                ["9:16", "Tall 9:16"],
                ["1:1", "Square 1:1"],
            ]
        },
    )
    """With a first frame, the video usually keeps the shape of that picture."""

    quality: Literal["720p", "1080p", "4k"] = Field(
        title="Quality",
        default="720p",
        json_schema_extra={"labels": [["720p", "720p"], ["1080p", "1080p"], ["4k", "4K"]]},
    )
    """More lines, more detail, a higher price."""

    sound: Literal["off", "on"] = Field(
        title="Sound", default="off", json_schema_extra={"labels": [["off", "Silent"], ["on", "With sound"]]}
    )
    """Voices, music and noises made to fit. Costs more at 720p and 1080p."""

    model_params: ModelParams | None = Field(title="Storyboard and elements", default=None)
    """Several shots, elements made earlier, and the watermark."""

    callback_url: Address | None = Field(title="Callback address", default=None, json_schema_extra={"advanced": True})
    """A public https address that EvoLink calls once, when the video has ended well or badly."""

    @model_validator(mode="after")
    def _keep_the_documented_rules(self, info: ValidationInfo) -> Self:
        params = self.model_params or ModelParams()
        optional = bool(info.context and info.context.get("pictures_optional"))
        self._check_pictures(len(params.element_list), optional)
        if params.multi_shot:
            self._check_shots(params)
        elif not self.prompt.strip():
            raise rule_broken("prompt_missing", "Say in a few words what should happen.", "prompt")
        return self

    def _check_pictures(self, elements: int, pictures_optional: bool) -> None:
        images = len(list(self.pictures()))
        if not (images or elements or pictures_optional):
            raise rule_broken("picture_missing", "Choose a picture to begin with.", "image_start")
        if self.image_end and not self.image_start:
            raise rule_broken("end_needs_start", "A last frame needs a first frame. Choose one.", "image_end")
        if self.image_end and images > MAX_IMAGES_WITH_LAST_FRAME:
            raise rule_broken(
                "end_excludes_references",
                "A last frame and reference pictures do not go together. Remove one or the other.",
                "image_urls",
            )
        if self.image_start and elements > MAX_ELEMENTS_WITH_FIRST_FRAME:
            raise rule_broken(
                "too_many_elements",
                "With a first frame there is room for {most} elements; these are {count}.",
                "model_params",
                "element_list",
                most=MAX_ELEMENTS_WITH_FIRST_FRAME,
                count=elements,
            )
        if images + elements > MAX_IMAGES_AND_ELEMENTS:
            raise rule_broken(
                "too_many_pictures",
                "Pictures and elements together can be {most}; these are {count}.",
                "image_urls",
                most=MAX_IMAGES_AND_ELEMENTS,
                count=images + elements,
            )

    def _check_shots(self, params: ModelParams) -> None:
        if params.shot_type is None:
            raise rule_broken("shot_type_missing", "A storyboard needs its kind.", "model_params", "shot_type")
        if not params.multi_prompt:
            raise rule_broken("shots_missing", "Write at least one shot.", "model_params", "multi_prompt")
        total = sum(shot.seconds for shot in params.multi_prompt)
        if total != self.duration:
            raise rule_broken(
                "shots_sum",
                "The shots last {total} seconds together, the video {length}. Make them agree.",
                "model_params",
                "multi_prompt",
                total=total,
                length=self.duration,
            )

    def pictures(self) -> Iterator[str]:
        """Every picture in the order the prompt counts them: first frame, references, last frame."""
        if self.image_start:
            yield self.image_start
        yield from self.image_urls
        if self.image_end:
            yield self.image_end

    def written(self, pictures: Mapping[str, str]) -> dict[str, Any]:
        """As every order; default parameters count as not chosen."""
        sent = super().written(pictures)
        if self.model_params == ModelParams():
            del sent["model_params"]
        return sent
