"""Pictures for tests, good and bad, made on the spot."""

import io
import random
from pathlib import Path

import gradio
from PIL import Image

PHOTOS = Path(gradio.__file__).parent / "media_assets" / "images"
TOWER = PHOTOS / "tower.jpg"
"""A photograph, 377 by 600."""
GROOT = PHOTOS / "groot.jpeg"
"""A photograph, 910 by 512."""


def jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def of_bytes(size: int) -> bytes:
    """A readable JPEG of exactly this many bytes: what follows a picture's end is no matter to its readers."""
    picture = jpeg(640, 480)
    return picture + random.Random(0).randbytes(size - len(picture))
