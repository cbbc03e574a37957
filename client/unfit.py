"""Why a picture will not do: each reason as the error that says so, with what its sentence mentions."""

from client.errors import PictureError
from client.schema import PICTURE_MAX_BYTES, PICTURE_MAX_PIXELS, PICTURE_MAX_RATIO, PICTURE_MIN_SIDE

_CHOOSE = "Choose a JPG or PNG."
_LIMIT = PICTURE_MAX_BYTES / 1e6
_MILLIONS = PICTURE_MAX_PIXELS // 1_000_000


def empty() -> PictureError:
    return PictureError(f"This file is empty. {_CHOOSE}", code="picture_empty")


def unknown() -> PictureError:
    return PictureError(f"This is no picture that is known here. {_CHOOSE}", code="picture_type")


def no_picture(file: str) -> PictureError:
    """`file`: a word for what it is."""
    sentence = f"This is a {file}, not a picture. {_CHOOSE}"
    return PictureError(sentence, code="picture_type", values={"file": file})


def other_kind(kind: str) -> PictureError:
    """`kind`: a picture's, such as WEBP."""
    sentence = f"This is a picture of the kind {kind}, which EvoLink does not take. {_CHOOSE}"
    return PictureError(sentence, code="picture_type", values={"format": kind})


def damaged() -> PictureError:
    return PictureError("This picture is damaged and cannot be read.", code="picture_damaged")


def endless() -> PictureError:
    """Of so many pixels that its size is not even told."""
    return PictureError("This picture has far too many pixels.", code="picture_pixels", values={"limit": _MILLIONS})


def too_many_pixels(width: int, height: int) -> PictureError:
    return PictureError(
        f"{_shown(width, height)}; it may have {_MILLIONS} million in all.",
        code="picture_pixels",
        values={"width": width, "height": height, "limit": _MILLIONS},
    )


def too_heavy(size: int) -> PictureError:
    """`size` in bytes; its megabytes are never said to be as many as the limit."""
    millions = round(size / 1e6, 1)
    shown = f"{millions:.1f} MB" if millions > _LIMIT else f"{size:,} bytes"
    return PictureError(
        f"This picture has {shown}; {_LIMIT:g} MB is the limit.", code="picture_bytes", values=_weight(size)
    )


def too_rich(size: int) -> PictureError:
    """When it is still so many bytes although everything was tried."""
    return PictureError(
        f"This picture is too rich to fit into {_LIMIT:g} MB. Make it smaller.",
        code="picture_bytes",
        values=_weight(size),
    )


def too_small(width: int, height: int) -> PictureError:
    return PictureError(
        f"{_shown(width, height)}; each side needs at least {PICTURE_MIN_SIDE}.",
        code="picture_small",
        values={"width": width, "height": height, "limit": PICTURE_MIN_SIDE},
    )


def too_long(width: int, height: int) -> PictureError:
    return PictureError(
        f"{_shown(width, height)}; the long side may be at most {PICTURE_MAX_RATIO:g} times the short one.",
        code="picture_shape",
        values={"width": width, "height": height, "limit": PICTURE_MAX_RATIO},
    )


def other_shape(width: int, height: int) -> PictureError:
    """Than the picture beside it."""
    return PictureError(
        f"{_shown(width, height)}, which is another shape than the first frame.",
        code="picture_mismatch",
        values={"width": width, "height": height},
    )


def _weight(size: int) -> dict[str, int | float | str]:
    return {"bytes": size, "megabytes": max(round(size / 1e6, 1), _LIMIT + 0.1), "limit": _LIMIT}


def _shown(width: int, height: int) -> str:
    return f"This picture is {width:,} × {height:,} pixels"
