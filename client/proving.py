"""Orders one cheap thing twice with the same key, to see whether EvoLink makes it once. This costs credits."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from decimal import Decimal
from io import BytesIO
from json import dumps
from typing import Final

from PIL import Image

from client.api import EvoLink
from client.elements import ElementParams, ElementPicture, ElementPictures, ElementRequest
from client.errors import EvoLinkError, OutcomeUnknown
from client.idempotency import Idempotency, judged
from client.order import UPLOAD
from client.outcomes import PAID_OUTCOME_UNKNOWN
from client.prices import TABLE
from client.schema import PICTURE_MIN_SIDE

NAME: Final = "test.png"
WAITS: Final = (3.0, 10.0, 30.0)
"""Seconds before each repeat of the order, while EvoLink does not know what became of the first."""


class NotProven(Exception):
    """Says, for a person, why nothing was learnt, and what it may have cost."""


def order(address: str) -> bytes:
    """The cheapest thing that EvoLink makes, an element, from the picture at that address."""
    picture = f"{UPLOAD}{NAME}"
    views = ElementPictures(frontal_image=picture, refer_images=[ElementPicture(image_url=picture)])
    params = ElementParams(
        element_name="Test", element_description="Ordered twice with one key", element_image_list=views
    )
    return dumps(ElementRequest(model_params=params).body({NAME: address})).encode()


def price() -> Decimal:
    """Credits for one of it."""
    return TABLE.element_credits


async def prove(evolink: EvoLink, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> Idempotency:
    """What the two receipts prove. Raises NotProven."""
    try:
        file = await evolink.upload(_picture(), name=NAME, media_type="image/png")
        body = order(file.file_url)
        key = f"test_{secrets.token_hex(16)}"
        first = await evolink.submit(body, idempotency_key=key)
    except OutcomeUnknown as error:
        raise NotProven(f"{error} Nothing is proven, and the order may have been charged.") from error
    except EvoLinkError as error:
        raise NotProven(f"{error} Nothing is proven, and nothing was charged.") from error
    why = ""
    for seconds in WAITS:
        await sleep(seconds)
        try:
            return judged(first, await evolink.submit(body, idempotency_key=key))
        except EvoLinkError as error:
            why = str(error)
            if error.code != PAID_OUTCOME_UNKNOWN:
                break
    raise NotProven(f"{why} The order was made once or twice; nothing is proven.")


def _picture() -> bytes:
    """The smallest that EvoLink takes, with something to see on it."""
    shades = Image.radial_gradient("L").resize((PICTURE_MIN_SIDE, PICTURE_MIN_SIDE))
    file = BytesIO()
    Image.merge("RGB", (shades, shades.rotate(90), shades.transpose(Image.Transpose.FLIP_TOP_BOTTOM))).save(file, "PNG")
    return file.getvalue()
