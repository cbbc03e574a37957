"""The request that a clip was made from, written into the clip. Blocking work on files: call it in a thread."""

import json
import logging
import os
import secrets
from collections import Counter
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import urlsplit, urlunsplit

import av

from client.plain import plain
from client.schema import VideoRequest

logger = logging.getLogger(__name__)

TITLE_LENGTH = 80
STYLES = ("+faststart", "+faststart+use_metadata_tags")
"""How tags are written: as players show them, or, where a tag of the clip would get lost by that, so that all stay."""
OF_THE_FILE = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder"})
"""Tags that every writer of a file sets for itself."""


class _Clip(NamedTuple):
    """What must be the same in a copy. `seconds` in all, and of one frame."""

    packets: Counter[int]
    codecs: list[str]
    tags: dict[str, str]
    seconds: float
    frame: float

    @classmethod
    def of(cls, path: Path) -> Self:
        with av.open(str(path), format="mp4") as film:
            video = film.streams.video[0]
            return cls(
                packets=Counter(packet.stream.index for packet in film.demux() if packet.dts is not None),
                codecs=[stream.codec_context.codec_tag for stream in film.streams],
                tags={name: value for name, value in film.metadata.items() if name not in OF_THE_FILE},
                seconds=(film.duration or 0) / av.time_base,
                frame=float(1 / (video.average_rate or 1)),
            )

    def holds(self, wanted: Self) -> bool:
        streams_same = (self.packets, self.codecs) == (wanted.packets, wanted.codecs)
        lasts_same = abs(self.seconds - wanted.seconds) <= wanted.frame
        return streams_same and lasts_same and self.tags.items() >= wanted.tags.items()


def write_label(path: Path, request: VideoRequest) -> None:
    """Puts the request, without its secrets, into the comment of a clip, and its first words into the title.

    Nothing is encoded anew. A clip that has its label, or cannot take it, stays as it is: a failure is only logged.
    """
    draft = path.with_suffix(f".{secrets.token_hex(8)}.label")
    try:
        for leftover in path.parent.glob(f"{path.stem}.*.label"):
            leftover.unlink(missing_ok=True)
        _write(path, draft, {"title": _title(request), "comment": _label(request)})
    except Exception as error:  # FFmpeg's errors have many kinds, and the video is worth more than its label
        logger.warning("%s goes without a label: %r", path.name, error)
    finally:
        draft.unlink(missing_ok=True)


def read_label(path: Path) -> VideoRequest | None:
    """The request that a clip says it was made from; None when it says none. Anybody may have written it."""
    try:
        with av.open(str(path), format="mp4") as film:
            label = film.metadata.get("comment", "")
        request = VideoRequest.model_validate_json(label, context={"pictures_optional": True})
    except (av.FFmpegError, OSError, ValueError):
        return None
    return _without_callback(request)


def _write(path: Path, draft: Path, label: dict[str, str]) -> None:
    before = _Clip.of(path)
    wanted = before._replace(tags=before.tags | label)
    if before.tags == wanted.tags:
        return
    for style in STYLES:
        _copy(path, draft, wanted.tags, style)
        if _Clip.of(draft).holds(wanted):
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            draft.replace(path)
            return
    raise ValueError("A copy would not be the same.")


def _copy(path: Path, draft: Path, tags: dict[str, str], style: str) -> None:
    with (
        av.open(str(path), format="mp4") as film,
        av.open(str(draft), "w", format="mp4", options={"movflags": style}) as copy,
    ):
        copy.metadata.update(tags)
        streams = {stream.index: copy.add_stream_from_template(stream, opaque=True) for stream in film.streams}
        for stream in film.streams:
            # Left alone, HEVC gets a tag that Safari does not play.
            streams[stream.index].codec_context.codec_tag = stream.codec_context.codec_tag
            streams[stream.index].metadata.update(stream.metadata)
        for packet in film.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                copy.mux(packet)


def _label(request: VideoRequest) -> str:
    bare = {picture: _bare(picture) for picture in request.pictures()}
    return json.dumps(_without_callback(request).written(bare), ensure_ascii=False)


def _bare(picture: str) -> str:
    """Without user, query and fragment, which may be keys. The name of an upload has none of them."""
    parts = urlsplit(picture)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _without_callback(request: VideoRequest) -> VideoRequest:
    return request.model_copy(update={"callback_url": None})


def _title(request: VideoRequest) -> str:
    params = request.model_params
    text = plain(params.multi_prompt[0].prompt if params and params.multi_shot else request.prompt)
    text = text or "Firstframe"  # an empty tag would not be written
    return text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 1]}…"
