"""What is wrong with a picture, and what would help. Decided from its measures alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from client import unfit
from client.errors import PictureError
from client.opening import Measured
from client.schema import (
    PICTURE_FORMATS,
    PICTURE_LEAST_SIDE,
    PICTURE_MAX_BYTES,
    PICTURE_MAX_RATIO,
    PICTURE_MIN_SIDE,
)

Remedy = Literal["convert", "shrink", "crop", "enlarge", "flatten", "match"]

ORDER: Final[tuple[Remedy, ...]] = ("convert", "flatten", "match", "crop", "enlarge", "shrink")
"""In which remedies are applied."""

SAME_SHAPE: Final = 0.02
"""How far two shapes may differ, as a part of one, before anybody would see it."""


@dataclass(frozen=True)
class Fault:
    """`code` and `values` are for translation; `blocking` when EvoLink would not take the picture so; `remedy` None
    when nothing is to be chosen."""

    code: str
    sentence: str
    values: dict[str, int | float | str]
    remedy: Remedy | None
    blocking: bool

    def error(self) -> PictureError:
        return PictureError(self.sentence, code=self.code, values=self.values)


@dataclass(frozen=True)
class Examined:
    """A picture's measures and everything to be said about it."""

    measured: Measured
    faults: tuple[Fault, ...]

    @property
    def blocking(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.blocking)

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """Each once, in the order in which they are applied."""
        wanted = {fault.remedy for fault in self.faults}
        return tuple(remedy for remedy in ORDER if remedy in wanted)


def judged(picture: Measured, beside: float | None = None) -> Examined:
    """Every fault: those of the file, then of the size, then of the looks. `beside` is the width of the first frame
    divided by its height, for a picture that goes with one."""
    return Examined(picture, (*_of_the_file(picture), *_of_the_size(picture), *_of_the_looks(picture, beside)))


def allowed(shape: float) -> float:
    """A shape, width divided by height, brought within the limit, as every picture will be that is sent."""
    return min(max(shape, 1 / PICTURE_MAX_RATIO), PICTURE_MAX_RATIO)


def refuse_hopeless(picture: Measured) -> None:
    """Raises PictureError with the code `picture_small` when there is too little to enlarge."""
    if min(picture.width, picture.height) < PICTURE_LEAST_SIDE:
        raise unfit.too_small(picture.width, picture.height)


def _of_the_file(picture: Measured) -> Iterator[Fault]:
    wrong_kind = picture.format not in PICTURE_FORMATS
    if wrong_kind:
        yield _fault(unfit.other_kind(picture.format), "convert")
    if picture.moving:
        sentence = f"This {picture.format} moves; only the first of its pictures is used."
        yield Fault("picture_moving", sentence, {"format": picture.format}, "convert", wrong_kind)
    if picture.bytes > PICTURE_MAX_BYTES:
        yield _fault(unfit.too_heavy(picture.bytes), "shrink")


def _of_the_size(picture: Measured) -> Iterator[Fault]:
    narrow, wide = sorted((picture.width, picture.height))
    if narrow < PICTURE_MIN_SIDE:
        yield _fault(unfit.too_small(picture.width, picture.height), "enlarge")
    if wide > narrow * PICTURE_MAX_RATIO:
        yield _fault(unfit.too_long(picture.width, picture.height), "crop")


def _of_the_looks(picture: Measured, beside: float | None) -> Iterator[Fault]:
    if picture.rotated:
        sentence = "This picture was stored turned or mirrored. It is sent as you see it."
        yield Fault("picture_turned", sentence, {}, None, False)
    if picture.has_alpha:
        sentence = "Parts of this picture may be transparent. They can be made white."
        yield Fault("picture_transparent", sentence, {}, "flatten", False)
    if beside is not None and abs(picture.width / picture.height / allowed(beside) - 1) > SAME_SHAPE:
        yield _fault(unfit.other_shape(picture.width, picture.height), "match", blocking=False)


def _fault(error: PictureError, remedy: Remedy, *, blocking: bool = True) -> Fault:
    return Fault(error.code, str(error), error.values, remedy, blocking)
