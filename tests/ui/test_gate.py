"""What lies behind secret addresses, and nothing else."""

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from jobs.desk import Desk as RealDesk
from jobs.job import Job
from jobs.ride import Means
from jobs.states import State
from tests.jobs.fakes import element_request, job, request
from ui.gate import gate

FILM = bytes(range(256)) * 8
KNOWN = "k" * 43


class Desk:
    """Knows one token, of a job and of a rehearsal."""

    def __init__(self, film: Path) -> None:
        self._film = film

    async def by_token(self, token: str) -> Job | None:
        return job(id="0123456789abcdef", token=token) if token == KNOWN else None

    def video(self, job: Job) -> Path | None:
        return self._film

    async def poster(self, job: Job) -> Path | None:
        return None

    def rehearsal(self, token: str) -> Path | None:
        return self._film if token == KNOWN else None


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    film = tmp_path / "film.mp4"
    film.write_bytes(FILM)
    app = FastAPI()
    app.include_router(gate(Desk(film), mode="sandbox"))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        yield http


@pytest.mark.parametrize("kind", ["v", "r"])
async def test_a_film_is_served_whole_and_in_parts(http: httpx.AsyncClient, kind: str) -> None:
    whole = await http.get(f"/{kind}/{KNOWN}")
    assert (whole.status_code, whole.headers["content-type"], whole.content) == (200, "video/mp4", FILM)
    head = await http.head(f"/{kind}/{KNOWN}")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(FILM)), b"")
    part = await http.get(f"/{kind}/{KNOWN}", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, FILM[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(FILM)}"
    beyond = await http.get(f"/{kind}/{KNOWN}", headers={"Range": "bytes=9999-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize("kind", ["v", "r"])
@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}])
async def test_nobody_keeps_it_and_no_address_leaks(
    http: httpx.AsyncClient, kind: str, headers: dict[str, str]
) -> None:
    answer = await http.get(f"/{kind}/{KNOWN}", headers=headers)
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/v/x", "/p/x", "/r/x", "/r/%C3%A9", "/r/..%2Fx", f"/p/{KNOWN}"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_is_not_there_is_a_plain_404(http: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await http.request(method, path)).status_code == 404


async def test_a_download_has_a_name(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/v/{KNOWN}?download=true")
    assert answer.headers["content-disposition"] == 'attachment; filename="firstframe-01234567.mp4"'


@pytest.fixture
async def house(desk: RealDesk) -> AsyncIterator[httpx.AsyncClient]:
    """The routes around a real desk."""
    app = FastAPI()
    app.include_router(gate(desk, mode="sandbox"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        yield http


async def made(means: Means, prompt: str = "Rain", state: State = State.DONE, *, film: bool = True) -> Job:
    jobs = await means.store.select("1")
    new = await means.store.add(job(nonce=f"n{len(jobs)}", state=state, request=request(prompt=prompt)))
    if film:
        means.shelf.video_path(new.id).write_bytes(FILM)
    return new


async def test_several_videos_come_as_one_archive(house: httpx.AsyncClient, means: Means) -> None:
    jobs = [await made(means, "Rain"), await made(means, "Rain"), await made(means, "Lost", film=False)]
    tokens = [each.token for each in jobs] + [jobs[0].token, "unknown"]
    answer = await house.post("/zip", data={"token": tokens})
    assert answer.headers["content-disposition"] == 'attachment; filename="firstframe-2.zip"'
    assert answer.headers["cache-control"] == "private, no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert opened.namelist() == ["1970-01-01 Rain.mp4", "1970-01-01 Rain (2).mp4"]
        assert {opened.read(name) for name in opened.namelist()} == {FILM}


async def test_an_archive_of_nothing_is_a_plain_404(house: httpx.AsyncClient, means: Means) -> None:
    lost = await made(means, film=False)
    element = await means.store.add(job(nonce="element", state=State.DONE, request=element_request()))
    for tokens in (["unknown"], [lost.token], [element.token]):
        assert (await house.post("/zip", data={"token": tokens})).status_code == 404
    assert (await house.post("/zip", data={"token": ["x"] * 501})).status_code == 422


@pytest.mark.parametrize("state", State)
async def test_a_pick_up_link_shows_one_video_in_any_state(
    house: httpx.AsyncClient, means: Means, state: State
) -> None:
    picked = await made(means, "<i>Rain</i>", state, film=state is State.DONE)
    other = await made(means, "Of nobody's business")
    answer = await house.get(f"/j/{picked.token}", headers={"Accept-Language": "de"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe-eval" not in answer.headers["content-security-policy"]
    assert ("<video" in answer.text) is (state is State.DONE)
    assert ("data-again" in answer.text) is not picked.resting
    assert "lang='de'" in answer.text
    assert "&lt;i&gt;Rain" in answer.text
    for secret in (picked.owner + "'", picked.id, picked.callback_token, other.token, "business"):
        assert secret not in answer.text


async def test_a_pick_up_link_to_a_file_that_is_missing_says_so(house: httpx.AsyncClient, means: Means) -> None:
    lost = await made(means, film=False)
    assert "no longer here" in (await house.get(f"/j/{lost.token}")).text


async def test_every_link_that_leads_nowhere_gets_the_same_answer(house: httpx.AsyncClient, means: Means) -> None:
    element = await means.store.add(job(nonce="element", state=State.DONE, request=element_request()))
    deleted = await made(means)
    await means.store.write(deleted, replace(deleted, hidden=True))
    answers = [await house.get(f"/j/{token}") for token in ("x", "y" * 43, element.token, deleted.token)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-store"}
    assert (await house.head("/j/x")).status_code == 404
