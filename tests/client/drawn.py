"""Small pictures of every kind, and files made by hand that claim to be pictures."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import pillow_heif
from PIL import Image

MANY = 25_000
"""Pixels of a side that nobody is ready to unpack."""


def of(picture: Image.Image, form: str, **how: object) -> bytes:
    file = BytesIO()
    if form == "HEIC":
        pillow_heif.from_pillow(picture).save(file, **how)
    else:
        picture.save(file, form, **how)
    return file.getvalue()


def kinds() -> dict[str, bytes]:
    """A small picture of each kind, some turned, some with further pictures or with transparency."""
    picture = Image.linear_gradient("L").resize((120, 104)).convert("RGB")
    clear = picture.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(picture.size))
    exif = Image.Exif()
    exif[0x0112] = 6
    many = {"save_all": True, "append_images": [picture.point(lambda value: value // 2)]}
    return {
        "jpeg": of(picture, "JPEG", exif=exif),
        "progressive": of(picture, "JPEG", progressive=True),
        "png": of(picture, "PNG"),
        "palette": of(picture.convert("P"), "PNG", transparency=0),
        "apng": of(picture, "PNG", **many),
        "webp": of(picture, "WEBP", exif=exif),
        "lossless": of(clear, "WEBP", lossless=True),
        "moving": of(picture, "WEBP", **many),
        "gif": of(picture, "GIF", **many),
        "avif": of(picture, "AVIF", speed=10),
        "film": of(picture, "AVIF", speed=10, **many),
        "heic": of(picture, "HEIC", quality=40),
        "bmp": of(picture, "BMP"),
        "tiff": of(picture, "TIFF", compression="tiff_lzw"),
    }


def bombs() -> dict[str, bytes]:
    """Files of a few bytes whose headers claim far too many pixels, in every kind that can be opened."""
    small = kinds()
    jpeg, gif, bmp, avif, heic = (bytearray(small[name]) for name in ("progressive", "gif", "bmp", "avif", "heic"))
    frame = jpeg.index(b"\xff\xc2")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", MANY, MANY)
    bmp[18:26] = struct.pack("<ii", MANY, MANY)
    outside = gif.replace(b"\x2c\0\0\0\0" + struct.pack("<HH", 120, 104), b"\x2c\0\0\0\0" + b"\xff" * 4)
    gif[6:10] = struct.pack("<HH", MANY, MANY)
    for file in (avif, heic):
        place = file.index(b"ispe") + 8
        file[place : place + 8] = struct.pack(">II", MANY, MANY)
    return {
        "one bit": png(13_000, 13_000, depth=1, colour=0, filler=20_000),
        "three colours": png(13_000, 13_000, depth=8, colour=2, filler=493_000),
        "png": png(MANY, MANY),
        "jpeg": bytes(jpeg),
        "gif": bytes(gif),
        "gif that leaves its screen": bytes(outside),
        "bmp": bytes(bmp),
        "tiff": tiff(MANY, MANY),
        "webp": webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 16_000, 16_000)),
        "lossless webp": webp(b"VP8L", b"\x2f" + struct.pack("<I", 15_999 | 15_999 << 14)),
        "webp canvas": webp(b"VP8X", bytes(4) + (MANY - 1).to_bytes(3, "little") * 2),
        "avif": bytes(avif),
        "avif that hides it": avif_around(av1_header(16_000, 16_000)),
        "heic": bytes(heic),
    }


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *, depth: int = 8, colour: int = 2, filler: int = 9, more: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    content = chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(b"\0") + bytes(filler))
    return b"\x89PNG\r\n\x1a\n" + content + chunk(b"IEND", b"")


def tiff(width: int, height: int) -> bytes:
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: width}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def webp(name: bytes, data: bytes) -> bytes:
    body = b"WEBP" + name + struct.pack("<I", len(data)) + data + bytes(40)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def avif_around(stream: bytes, *, inside: bool = False, named: tuple[int, int] = (400, 300)) -> bytes:
    """An AVIF as far as one has to read to find its stream, which lies in the file's end or in a box of the header."""
    size = box(b"iprp", box(b"ipco", box(b"ispe", bytes(4) + struct.pack(">II", *named))))
    start = box(b"ftyp", b"avif" + bytes(4) + b"avifmif1")

    def meta(offset: int) -> bytes:
        item = struct.pack(">HHHHII", 1, int(inside), 0, 1, offset, len(stream))
        places = box(b"iloc", b"\1\0\0\0\x44\0" + struct.pack(">H", 1) + item)
        return box(b"meta", bytes(4) + size + places + (box(b"idat", stream) if inside else b""))

    behind = len(start) + len(meta(0)) + 8
    return start + meta(0 if inside else behind) + (b"" if inside else box(b"mdat", stream))


def av1_header(width: int, height: int, *, reduced: bool = True, timing: bool = False) -> bytes:
    """A temporal delimiter and a sequence header, short for a still picture or long as a film has it."""
    bits = "00011" + "00000" if reduced else "00000" + long_header(timing=timing)
    bits += f"{15:04b}{15:04b}{width - 1:016b}{height - 1:016b}"
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return b"\x12\0\x0a" + bytes([len(data)]) + data


def long_header(*, timing: bool) -> str:
    """Everything before the size when two operating points are told, with or without the times of decoding."""
    if not timing:
        return "0" + "0" + f"{0:05b}" + f"{0:012b}{8:05b}1"
    clock = f"{1:032b}{1:032b}" + "1" + "00101" + "1" + f"{9:05b}{1:032b}{9:05b}{9:05b}"
    points = f"{0:012b}{3:05b}" + "1" + "0" * 21 + "1" + "0101" + f"{0:012b}{3:05b}" + "0" + "0"
    return "1" + clock + "1" + f"{1:05b}" + points


def oddities() -> Iterator[tuple[str, bytes]]:
    """Files that are wrong in a way that somebody thought of."""
    small = kinds()
    whole = small["png"]
    yield "nothing", b""
    yield "one byte", b"\xff"
    for name in ("jpeg", "png", "gif", "bmp", "tiff", "webp", "avif", "heic"):
        yield f"only the head of a {name}", small[name][:20]
        yield f"half a {name}", small[name][: len(small[name]) // 2]
    yield "a page", b"<!doctype html><script>alert(1)</script>"
    yield "a drawing", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    yield "a document", b"%PDF-1.7\n"
    yield "a film", box(b"ftyp", b"isom" + bytes(4)) + box(b"moov")
    yield "an archive behind a picture", small["jpeg"] + b"PK\x03\x04" + bytes(99)
    yield "no width", png(0, 300)
    yield "two headers", whole[:33] + whole[8:33] + whole[33:]
    yield "a note that unpacks to much", png(300, 300, more=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 23))))
    yield "a profile that unpacks to much", png(300, 300, more=chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1 << 23))))
    yield "a chunk without end", whole[:33] + b"\0\xff\xff\xff" + whole[37:]
    yield "a directory that names itself", tiff(300, 300)[:-4] + struct.pack("<I", 8)
    yield "a tag of four billion values", tiff(300, 300).replace(b"\x11\1\4\0\1\0\0\0", b"\x11\1\4\0\xff\xff\xff\xff")
    yield "a webp that is longer than it is", small["webp"][:4] + b"\xff\xff\xff\x7f" + small["webp"][8:]
    start = box(b"ftyp", b"avif" + bytes(4) + b"avifmif1")
    yield "boxes without size", start + b"\0\0\0\0meta" * 99
    yield "a box of a negative size", start + b"\0\0\0\1meta" + b"\xff" * 8
    yield "boxes in boxes", start + nested(b"iprp", 3000)
    yield "far too many boxes", start + box(b"free") * 20_000
    yield (
        "a table without end",
        start + box(b"meta", bytes(4) + box(b"iloc", b"\2\0\0\0\0\0\xff\xff\xff\xff" + bytes(99))),
    )
    yield "a heic of nothing", box(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + box(b"meta", bytes(4))
    yield (
        "a heic that hides its size",
        small["heic"].replace(struct.pack(">II", 120, 104), struct.pack(">II", 104, 120)),
    )


def nested(name: bytes, depth: int) -> bytes:
    sizes = range(8 * depth, 0, -8)
    return b"".join(struct.pack(">I", size) + name for size in sizes)
