"""What to render: pictures, shots, size and sound of one film."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from sandbox.stills import shape

if TYPE_CHECKING:  # the worker renders without the contract: it starts faster
    from client.schema import VideoRequest

FRAME_RATE: Final = 24

Quality = Literal["360p", "720p", "1080p", "4k"]
SHORT_SIDE: Final[dict[Quality, int]] = {"360p": 360, "720p": 720, "1080p": 1080, "4k": 2160}
LONG_SIDE: Final = 4096
"""No side is longer: beyond it few browsers decode H.264."""
LARGEST_RATIO: Final = 2.5
RATIOS: Final = {"16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1.0}


@dataclass(frozen=True)
class ShotPlan:
    """One shot: what happens, and for how many whole seconds."""

    prompt: str
    seconds: int


@dataclass(frozen=True)
class Film:
    """A film to be rendered. Pictures are local files; `aspect_ratio` None keeps the shape of the first of them.

    None among the references is a picture that is not here: it keeps its number, and a backdrop is seen in its place.
    `label` says in every frame what the film is.
    """

    first: Path | None
    last: Path | None
    references: tuple[Path | None, ...]
    shots: tuple[ShotPlan, ...]
    aspect_ratio: str | None = None
    quality: Quality = "720p"
    sound: bool = False
    label: str = "sandbox preview"

    @property
    def frames(self) -> int:
        """How many frames the film has."""
        return sum(shot.seconds for shot in self.shots) * FRAME_RATE

    @property
    def numbered(self) -> tuple[Path | None, ...]:
        """The pictures as prompts count them: the first frame, then the references."""
        return (self.first, *self.references) if self.first else self.references

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels. Raises RenderError when a picture must be measured and cannot be."""
        return size_of(self._ratio(), self.quality)

    def _ratio(self) -> float:
        if self.aspect_ratio:
            return RATIOS[self.aspect_ratio]
        if picture := next(filter(None, self.numbered), None):
            width, height = shape(picture)
            return width / height
        return RATIOS["16:9"]


def plan(request: "VideoRequest", pictures: Mapping[str, Path]) -> Film:
    """The film that a request asks for. `pictures` maps addresses of the request to local files; without one of them
    the film is made all the same."""
    params = request.model_params
    written = sorted(params.multi_prompt, key=lambda shot: shot.index) if params and params.multi_shot else ()
    shots = tuple(ShotPlan(shot.prompt, shot.seconds) for shot in written)
    first, last = (pictures.get(address or "") for address in (request.image_start, request.image_end))
    references = tuple(pictures.get(address) for address in request.image_urls)
    return Film(
        first=first,
        last=last,
        references=(None, *references) if request.image_start and not first else references,
        shots=shots or (ShotPlan(request.prompt, request.duration),),
        aspect_ratio=request.aspect_ratio,
        quality=request.quality,
        sound=request.sound == "on",
    )


def size_of(ratio: float, quality: Quality) -> tuple[int, int]:
    """Width and height, divisible by 4, for a shape (width / height): the short side is the quality's."""
    ratio = min(max(ratio, 1 / LARGEST_RATIO), LARGEST_RATIO)
    longer = max(ratio, 1 / ratio)
    long = _fourfold(min(SHORT_SIDE[quality] * longer, LONG_SIDE))
    short = _fourfold(min(SHORT_SIDE[quality], long / longer))
    return (long, short) if ratio >= 1 else (short, long)


def called(prompt: str) -> tuple[int, ...]:
    """Numbers of the pictures that a prompt calls, in its order, each once."""
    return tuple(dict.fromkeys(int(number) for number in re.findall(r"<<<image_(\d+)>>>", prompt)))


def _fourfold(length: float) -> int:
    """PyAV takes an NV12 frame from memory at heights divisible by 4; at others it puts the colours two rows off."""
    return round(length / 4) * 4
