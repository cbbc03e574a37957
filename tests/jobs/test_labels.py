import json
import os
import struct
from fractions import Fraction
from pathlib import Path

import av
import gradio
import numpy as np
import pytest

from client.schema import VideoRequest
from jobs import labels
from jobs.drive import drive
from jobs.labels import read_label, write_label
from jobs.states import State
from tests.jobs.fakes import MP4, finished, job, request

FOREIGN = Path(gradio.__file__).parent / "media_assets" / "videos" / "world.mp4"
SHOTS = [{"index": 1, "prompt": "She looks up", "duration": "2"}, {"index": 2, "prompt": "Rain", "duration": "3"}]
STORY = {"multi_shot": True, "shot_type": "customize", "multi_prompt": SHOTS, "element_list": [{"element_id": "83"}]}
QUARTER_TURN = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 360 << 16, 0, 1 << 30)


def film(path, *, codec="libx264", tag=None, sound=True, style="+faststart", turned=False, tags=None):
    """Two seconds with moving content and B-frames."""
    with av.open(str(path), "w", format="mp4", options={"movflags": style}) as container:
        picture = container.add_stream(codec, rate=24)
        picture.width, picture.height, picture.pix_fmt = 320, 240, "yuv420p"
        context = picture.codec_context
        context.color_primaries = context.color_trc = context.colorspace = context.color_range = 1
        if tag:
            context.codec_tag = tag
        voice = container.add_stream("aac", rate=48_000, layout="stereo") if sound else None
        container.metadata.update(
            tags or {"title": "Firstframe sandbox preview", "comment": "Firstframe sandbox preview"}
        )
        for number in range(48):
            frame = np.roll(np.tile(np.arange(320, dtype=np.uint8), (360, 1)), number * 3, 1)
            shown = av.VideoFrame.from_ndarray(frame, format="yuv420p")
            shown.pts, shown.time_base = number, Fraction(1, 24)
            container.mux(picture.encode(shown))
        container.mux(picture.encode())
        if voice:
            heard = av.AudioFrame.from_ndarray(np.zeros((2, 96_000), np.float32), format="fltp", layout="stereo")
            heard.sample_rate, heard.pts, heard.time_base = 48_000, 0, Fraction(1, 48_000)
            container.mux(voice.encode(heard))
            container.mux(voice.encode())
    if turned:
        content = bytearray(path.read_bytes())
        matrix = content.index(b"tkhd") + 44
        content[matrix : matrix + 36] = QUARTER_TURN
        path.write_bytes(content)
    return path


def played(path):
    """Everything a player gets to know of a clip, but for its tags; the times apart."""
    with av.open(str(path)) as container:
        streams = [(stream.codec_context.codec_tag, stream.codec_context.extradata) for stream in container.streams]
        packets = sorted(
            (packet for packet in container.demux() if packet.dts is not None), key=lambda packet: packet.stream.index
        )
        times = [
            float(time * packet.time_base) for packet in packets for time in (packet.pts, packet.dts, packet.duration)
        ]
        content = [(packet.stream.index, packet.is_keyframe, bytes(packet)) for packet in packets]
        length = container.duration / av.time_base
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    looks = (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc, frame.rotation)
    return (streams, content, looks), [*times, length]


def plays_like(path, before):
    (all_else, times), (all_else_before, times_before) = played(path), before
    return all_else == all_else_before and np.allclose(times, times_before, rtol=0, atol=0.002)


def tags(path):
    with av.open(str(path)) as container:
        return dict(container.metadata)


@pytest.fixture
def clip(tmp_path):
    return film(tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    "asked",
    [
        request(),
        request(prompt='"A boat" \\ <b>drifts</b>\n→ 漂流 🚣\0', duration=12, sound="on", quality="4k"),
        request(prompt="", model_params=STORY, image_urls=["https://example.org/p.jpg"], aspect_ratio="9:16"),
        VideoRequest(prompt="x" * 2500, model_params={"element_list": [{"element_id": "83"}]}),
    ],
    ids=["short", "odd marks", "storyboard", "long"],
)
def test_what_was_asked_is_read_from_the_clip_again(clip, asked):
    write_label(clip, asked)
    assert read_label(clip) == asked


@pytest.mark.parametrize(
    "looks",
    [
        {},
        {"sound": False},
        {"turned": True},
        {"style": "frag_keyframe+empty_moov"},
        {"codec": "libx265", "tag": "hvc1"},
    ],
    ids=str,
)
def test_it_plays_exactly_as_before(tmp_path, looks):
    clip = film(tmp_path / "clip.mp4", **looks)
    before = played(clip)
    write_label(clip, request())
    assert read_label(clip) == request()
    assert plays_like(clip, before)
    content = clip.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_clip_from_elsewhere(tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(FOREIGN.read_bytes())
    before = played(clip)
    write_label(clip, request())
    assert read_label(clip) == request()
    assert plays_like(clip, before)


def test_title_and_comment_are_where_players_look(clip):
    write_label(clip, request(prompt="The boat\ndrifts"))
    assert tags(clip)["title"] == "The boat drifts"
    assert json.loads(tags(clip)["comment"])["prompt"] == "The boat\ndrifts"
    assert b"\xa9cmt" in clip.read_bytes()


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ({"prompt": "x" * 80}, "x" * 80),
        ({"prompt": "\u200b"}, "Firstframe"),
        ({"prompt": "x" * 81}, "x" * 79 + "…"),
        ({"prompt": "Not used", "model_params": STORY}, "She looks up"),
        ({"prompt": "Used", "model_params": {"element_list": [{"element_id": "83"}]}}, "Used"),
    ],
)
def test_the_first_words_are_the_title(clip, asked, title):
    write_label(clip, request(**asked))
    assert tags(clip)["title"] == title


def test_what_the_service_wrote_into_the_clip_stays(tmp_path):
    theirs = {"AIGC": '{"Label": "1"}', "title": "Theirs", "copyright": "Somebody"}
    clip = film(tmp_path / "clip.mp4", style="+use_metadata_tags", tags=theirs)
    before = played(clip)
    write_label(clip, request())
    assert {**theirs, "title": "The boat drifts"}.items() <= tags(clip).items()
    assert read_label(clip) == request()
    assert plays_like(clip, before)


def test_secrets_stay_out(clip):
    asked = request(
        image_urls=["https://files.example.org/b.jpg?token=three"], callback_url="https://hooks.example.org/four"
    ).model_copy(update={"image_start": "https://user:password@files.example.org/a.jpg?X-Signature=one#two"})
    write_label(clip, asked)
    content = clip.read_bytes()
    for secret in (b"password", b"Signature", b"one#", b"#two", b"three", b"callback", b"four"):
        assert secret not in content
    assert read_label(clip) == request(
        image_start="https://files.example.org/a.jpg", image_urls=["https://files.example.org/b.jpg"]
    )


def test_a_clip_that_carries_its_label_is_left_alone(clip):
    write_label(clip, request())
    before = clip.stat()
    write_label(clip, request())
    after = clip.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_run_that_was_killed_halfway_is_done_over(clip):
    clip.with_suffix(".0123456789abcdef.label").write_bytes(MP4)
    another = clip.with_name("another.0123456789abcdef.label")
    another.write_bytes(MP4)
    write_label(clip, request())
    assert read_label(clip) == request()
    assert sorted(path.name for path in clip.parent.iterdir()) == [another.name, clip.name]


def test_the_copy_is_on_the_disk_before_it_takes_the_place(clip, monkeypatch):
    steps = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda file: (steps.append("synced"), fsync(file)))
    monkeypatch.setattr(Path, "replace", lambda path, to: (steps.append("replaced"), replace(path, to)))
    write_label(clip, request())
    assert steps == ["synced", "replaced"]


@pytest.mark.parametrize("content", [b"", MP4, b"#EXTM3U\nhttp://127.0.0.1/a.mp4\n"])
def test_what_cannot_be_read_stays_as_it_is(tmp_path, caplog, content):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    write_label(clip, request())
    assert clip.read_bytes() == content
    assert read_label(clip) is None
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    assert "clip.mp4 goes without a label" in caplog.text


@pytest.mark.parametrize(
    "fault",
    [
        lambda copy: copy._replace(packets=copy.packets - {0: 1}),
        lambda copy: copy._replace(codecs=["hev1", *copy.codecs[1:]]),
        lambda copy: copy._replace(seconds=copy.seconds - copy.frame * 1.1),
        lambda copy: copy._replace(tags={}),
    ],
)
def test_a_copy_that_is_not_the_same_is_thrown_away(clip, caplog, monkeypatch, fault):
    before, of = clip.read_bytes(), labels._Clip.of
    monkeypatch.setattr(labels._Clip, "of", lambda path: of(path) if path == clip else fault(of(path)))
    write_label(clip, request())
    assert clip.read_bytes() == before
    assert "goes without a label" in caplog.text
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]


def test_a_full_disk_costs_the_label_only(clip, caplog, monkeypatch):
    def full(file):
        raise OSError(28, "No space left on device")

    before = clip.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    write_label(clip, request())
    assert clip.read_bytes() == before
    assert "No space left" in caplog.text


def test_a_clip_that_is_not_there_says_nothing(tmp_path):
    assert read_label(tmp_path / "missing.mp4") is None


@pytest.mark.parametrize("comment", ["", "A holiday", "[1]", '{"prompt": ""}', '{"prompt": "x", "unheard": 1}'])
def test_the_comment_of_somebody_else_is_no_label(tmp_path, comment):
    assert read_label(film(tmp_path / "clip.mp4", tags={"title": "x", "comment": comment})) is None


def test_a_label_of_somebody_else_calls_nobody(tmp_path):
    comment = json.dumps({"prompt": "x", "callback_url": "https://hooks.example.org/"})
    assert read_label(film(tmp_path / "clip.mp4", tags={"comment": comment})).callback_url is None


async def test_the_film_of_a_job_carries_its_request(means, store, service, delivery, monkeypatch):
    async def fetch(link, target):
        return film(target)

    monkeypatch.setattr(delivery, "fetch", fetch)
    service.task_answers = [finished()]
    done = await drive(await store.add(job()), means)
    assert done.state is State.DONE
    assert read_label(means.shelf.video(done.id)) == request()


async def test_a_film_that_came_home_before_the_program_stopped_gets_its_label_now(means, store):
    home = await store.add(job(state=State.DOWNLOADING, task_id="task-unified-1-abc"))
    film(means.shelf.video_path(home.id))
    assert (await drive(home, means)).state is State.DONE
    assert read_label(means.shelf.video(home.id)) == request()
