from dataclasses import replace
from typing import Any

import pytest

from client.schema import VideoRequest
from jobs.found import found_job
from jobs.job import Job, Kind, Trouble, new_job
from jobs.states import RESTING, State
from ui import words
from ui.languages import language
from ui.stage import BAR_STOPS_AT, headline, stage, strip

HOSTILE = "<img src=x onerror=alert(1)>'\"&"
ENGLISH = language("en")


def job(state: State = State.SUBMITTED, **changes: Any) -> Job:
    request = VideoRequest(prompt=HOSTILE, image_start="upload:a.jpg")
    return replace(new_job(request, owner="o", nonce="n", now=1000.0), state=state, **changes)


def shown(record: Job | None, *, sandbox: bool = False) -> str:
    return stage(record, ENGLISH, sandbox=sandbox)


@pytest.mark.parametrize("state", State)
def test_every_state_has_words_and_a_picture(state: State) -> None:
    found = shown(job(state, task_id="task-unified-1"))
    assert words.stage_title(job(state), ENGLISH) in found
    assert f"data-state='{state.value}'" in found
    assert ("<video" in found) is (state is State.DONE)
    assert ("progressbar" in found) is (state not in RESTING)


@pytest.mark.parametrize("state", sorted(RESTING - {State.DONE}))
def test_trouble_has_its_four_parts_in_their_order(state: State) -> None:
    trouble = Trouble("mystery", "Something new went wrong.", detail="from afar", request_id="req_7")
    found = shown(job(state, trouble=trouble, task_id="task-unified-9"))
    places = [found.index(f"class='{name}'") for name in ("what", "money", "next")] + [found.index("<details>")]
    assert places == sorted(places)
    folded = found[places[-1] :]
    for detail in ("mystery", "from afar", "req_7", "task-unified-9"):
        assert detail in folded


def test_nothing_that_people_or_services_wrote_is_markup() -> None:
    trouble = Trouble("code", HOSTILE, detail=HOSTILE, request_id=HOSTILE)
    for state in State:
        hostile = job(state, trouble=trouble, task_id=HOSTILE)
        found = shown(hostile) + strip([hostile], ENGLISH)
        assert "<img src=x" not in found
        assert "onerror=alert(1)>'" not in found


def test_the_bar_is_full_only_when_the_file_is_there() -> None:
    assert f"aria-valuenow='{BAR_STOPS_AT}'" in shown(job(State.DOWNLOADING, progress=100))
    assert "aria-valuenow='40'" in shown(job(progress=40))


@pytest.mark.parametrize("sandbox", [True, False])
def test_a_finished_video_says_what_it_was_thought_to_cost_and_what_it_did(sandbox: bool) -> None:
    done = job(State.DONE, credits_estimated=27.0, credits_reserved=27.0, credits_charged=26.5)
    entries = {"estimated", "reserved", "charged"}
    found = shown(done, sandbox=sandbox)
    assert {entry for entry in entries if f"<dt>{entry}</dt>" in found} == (set() if sandbox else entries)
    assert ("26.5 credits" in found) is not sandbox
    assert ("<dt>would cost</dt><dd>27 credits</dd>" in found) is sandbox


def test_of_a_clip_that_was_found_nothing_is_told_that_nobody_knows() -> None:
    found = found_job(Kind.VIDEO, owner="ann", nonce="task:1", now=1000.0)
    told = shown(replace(found, state=State.DONE, ended=2000.0, video="x.mp4", video_seconds=2.0))
    assert "instead of" not in told
    assert "made in" not in told
    assert "720p" not in told


def test_what_is_not_known_is_not_on_the_bill() -> None:
    assert "<dl" not in shown(job(State.DONE))
    assert shown(job(State.DONE, credits_estimated=1.0)).count("<dt>") == 1


def test_a_headline_ends_at_a_word() -> None:
    long = replace(job(), request=VideoRequest(prompt="word " * 40, image_start="upload:a.jpg"))
    assert headline(long).endswith("word…")
    assert len(headline(long)) <= 80


def test_the_headline_of_a_storyboard_is_its_first_shot() -> None:
    params = {"multi_shot": True, "shot_type": "customize"}
    shots = [{"index": 1, "prompt": "She wakes", "duration": "5"}]
    request = VideoRequest.model_validate(
        {"image_start": "upload:a.jpg", "prompt": "Resting", "model_params": {**params, "multi_prompt": shots}}
    )
    assert headline(replace(job(), request=request)) == "She wakes"


def test_no_job_invites() -> None:
    assert ENGLISH.say("stage.empty") in shown(None)
    assert strip([], ENGLISH) == ""
