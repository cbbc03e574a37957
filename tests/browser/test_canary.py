"""The key goes to EvoLink, in one header, and nowhere else."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from client.prices import TABLE
from jobs.database import NAME
from tests.browser.pages import ENDS, LONG, Visit
from tests.canary import in_files, new_key, seen, traces
from tests.house import Process, firstframe, running
from tests.relay import Relay

KEY = new_key()
API = ("/v1/", "/api/v1/")
PUBLIC = "/v1/catalog/"
KEPT = """async () => {
  const kept = {local: {...localStorage}, session: {...sessionStorage}, databases: [], caches: []};
  for (const {name} of await indexedDB.databases()) {
    const database = await new Promise((done, failed) => {
      Object.assign(indexedDB.open(name), {onsuccess: ({target}) => done(target.result), onerror: failed});
    });
    for (const store of database.objectStoreNames) {
      const all = database.transaction(store).objectStore(store).getAll();
      kept.databases.push(await new Promise(done => { all.onsuccess = () => done(all.result); }));
    }
  }
  for (const name of await caches.keys()) {
    kept.caches.push((await (await caches.open(name)).keys()).map(({url}) => url));
  }
  return JSON.stringify(kept);
}"""
"""What the browser keeps of the page."""
WRONG = """async () => {
  const {dependencies} = await (await fetch("/config")).json();
  const answers = dependencies.filter(({queue}) => queue === false).map(async ({id}) => {
    const asked = {fn_index: id, data: ["Not any more", null, {}], session_hash: "stranger"};
    const how = {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(asked)};
    return (await fetch("/gradio_api/run/predict", how)).status;
  });
  return Promise.all(answers);
}"""
"""Calls that nobody foresaw."""


@pytest.fixture(scope="module")
def evolink(service_apart: Process) -> Iterator[Relay]:
    with Relay(service_apart.url).running() as relay:
        yield relay


@pytest.fixture(scope="module")
def house(evolink: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    settings = {"EVOLINK_API_KEY": KEY, "EVOLINK_BASE_URL": evolink.url, "EVOLINK_FILES_URL": evolink.url}
    with running(firstframe(tmp_path_factory.mktemp("canary"), **settings)) as house:
        yield house


def test_the_key_is_nowhere_but_where_it_belongs(
    page: Page, house: Process, service_apart: Process, evolink: Relay, count: Callable[..., None]
) -> None:
    heard: list[Request] = []

    def hear(request: Request) -> None:
        heard.append(request)

    page.on("requestfinished", hear)
    a_story(Visit(page, house.url), page, service_apart)
    page.remove_listener("requestfinished", hear)
    texts = [("page", page.content().encode()), ("kept", page.evaluate(KEPT).encode())]
    texts.append(("cookies", json.dumps(page.context.cookies()).encode()))
    texts += [(path, page.request.get(f"{house.url}{path}").body()) for path in ("/", "/config", "/gradio_api/info")]
    texts += [(f"answer to {request.url}", body) for request in heard if (body := answered(request))]
    texts += [(f"headers of {request.url}", spoken(request)) for request in heard]
    texts += in_files(house.log.parent)
    assert seen(KEY, texts) == []
    asked_evolink(evolink)

    lines = [json.loads(line) for line in house.log.read_text().splitlines() if not line.startswith("Firstframe is at")]
    assert any("Traceback" in line.get("traceback", "") for line in lines)
    ended = [line["to"] for line in lines if line.get("to") in ENDS]
    assert ended == ["done", "rejected"]
    with closing(sqlite3.connect(house.log.parent / "data" / NAME)) as database:
        secrets = {secret for row in database.execute("SELECT owner, token, callback_token FROM job") for secret in row}
    assert [each for each in ("The rain stops", "Not any more", *secrets) if each in house.log.read_text()] == []
    count("canary key", spellings=len(traces(KEY)), texts=len(texts), requests=len(evolink.heads()))


def a_story(visit: Visit, page: Page, service: Process) -> None:
    """From the sample to a finished video, a rehearsal, a refusal, and calls that nobody foresaw."""
    page.locator("#sample").click()
    page.locator("#image_start img").first.wait_for(state="attached")
    visit.settle()
    visit.prompt.fill("The rain stops")
    visit.pick("Length", "3 s")
    visit.open_panel("Advanced")
    page.locator("#spelled summary").first.click()
    page.get_by_role("button", name="Rehearse free").click()
    expect(page.locator("#stage [data-rehearsal=ready]")).to_be_visible(timeout=LONG)
    visit.press()
    assert visit.wait_for(*ENDS) == "done"
    page.get_by_role("tab", name="Library").click()
    expect(page.locator("#shelf .clip.done")).to_have_count(1)
    page.get_by_role("tab", name="Create").click()

    service.ask("/sandbox/faults", {"route": "submit", "kind": "status", "status": 401})
    visit.prompt.fill("Not any more")
    visit.press()
    visit.wait_for("rejected")
    expect(visit.stage).to_contain_text("EvoLink did not accept the key.")
    assert 500 in page.evaluate(WRONG)


def answered(request: Request) -> bytes | None:
    """What came back. Films and pictures lie on the disk, too, where they are looked through."""
    if request.resource_type in ("media", "image", "font"):
        return None
    response = request.response()
    return response.body() if response else None


def spoken(request: Request) -> bytes:
    """All that was asked, and the headers of the answer."""
    response = request.response()
    said: list[Any] = [request.url, request.all_headers(), request.post_data_buffer]
    return repr([*said, response.all_headers() if response else {}]).encode()


def asked_evolink(evolink: Relay) -> None:
    """Every call of the API carries the key in its one header; whoever tells prices or keeps films never sees it."""
    heads = evolink.heads()
    with_key = [head for head in heads if head.path.startswith(API) and not head.path.startswith(PUBLIC)]
    assert {path.partition("?")[0].split("/")[1] for _, path, _ in heads} == {"v1", "api", "media"}
    for head in heads:
        assert head.headers.pop("authorization", None) == (f"Bearer {KEY}" if head in with_key else None), head.path
        assert seen(KEY, [(head.path, repr(head).encode())]) == []
    whole = b"".join(map(bytes, evolink.sent))
    assert whole.count(KEY.encode()) == whole.count(f"Bearer {KEY}\r\n".encode()) == len(with_key)


def test_a_trace_would_be_found(tmp_path: Path) -> None:
    """The search itself: each spelling, in the midst of other things."""
    for number, trace in enumerate(traces(KEY)):
        (tmp_path / f"{number}").write_bytes(b"before" + trace + b"after")
    (tmp_path / "clean").write_text(f"sk-canary- and {TABLE.dated}")
    assert len(seen(KEY, in_files(tmp_path))) == len(traces(KEY)) > 20
