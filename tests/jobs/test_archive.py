import io
import tracemalloc
import zipfile

import pytest

from jobs.archive import CHUNK, Entry, archive, file_name

DAY = 1_795_000_000.0


def entry(folder, name, content, made=DAY):
    path = folder / f"{name.encode().hex()}.bin"
    path.write_bytes(content)
    return Entry(path, name, made)


def test_it_opens_and_holds_every_file_as_it_is(tmp_path):
    films = {"one.mp4": b"first" * 1000, "日本語.mp4": b"", "two.mp4": bytes(CHUNK + 7)}
    pieces = list(archive([entry(tmp_path, name, content) for name, content in films.items()]))
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as opened:
        assert opened.testzip() is None
        assert {info.filename: opened.read(info) for info in opened.infolist()} == films
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
        assert opened.infolist()[0].date_time[:3] == (2026, 11, 18)


def test_it_is_never_whole_in_memory(tmp_path):
    films = [entry(tmp_path, "a" * number, bytes(5 * CHUNK)) for number in range(1, 7)]
    tracemalloc.start()
    sent = sum(len(piece) for piece in archive(films))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent > 30 * CHUNK
    assert most < 6 * CHUNK


def test_a_file_that_goes_missing_leaves_no_whole_archive(tmp_path):
    films = [entry(tmp_path, "a", b"here"), Entry(tmp_path / "gone.mp4", "gone.mp4", DAY)]
    pieces = []
    with pytest.raises(FileNotFoundError):
        pieces.extend(archive(films))
    assert not zipfile.is_zipfile(io.BytesIO(b"".join(pieces)))


def test_a_day_before_all_archives_is_the_first_day(tmp_path):
    with zipfile.ZipFile(io.BytesIO(b"".join(archive([entry(tmp_path, "a", b"", made=0.0)])))) as opened:
        assert opened.infolist()[0].date_time[0] == 1980


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The boat drifts", "2026-11-18 The boat drifts.mp4"),
        ("../../etc/passwd", "2026-11-18 etc passwd.mp4"),
        ('a\\b:c*d?"e<f>g|\r\nSet-Cookie', "2026-11-18 a b c d e f g Set-Cookie.mp4"),
        ("船が静かに進む", "2026-11-18 船が静かに進む.mp4"),
        ("", "2026-11-18.mp4"),
        ("…", "2026-11-18.mp4"),
        ("\u202egnp.exe", "2026-11-18 gnp exe.mp4"),
        ("x" * 400, f"2026-11-18 {'x' * 60}.mp4"),
    ],
)
def test_a_name_is_good_on_every_system(text, name):
    assert file_name(text, DAY, set()) == name


def test_no_name_is_there_twice():
    taken = set()
    names = [file_name(text, DAY, taken) for text in ("Rain", "rain", "Rain")]
    assert names == ["2026-11-18 Rain.mp4", "2026-11-18 rain (2).mp4", "2026-11-18 Rain (3).mp4"]
