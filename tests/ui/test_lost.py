"""What the stage asks about a lost answer, and about a price that was higher than said."""

from dataclasses import replace
from typing import Any

import pytest

from jobs import pace, troubles
from jobs.job import Job
from jobs.states import State
from tests.jobs.fakes import job as made
from ui import words
from ui.languages import NAMES, Language, language
from ui.stage import stage

ENGLISH = language("en")
HOSTILE = "<img src=x onerror=alert(1)>'\""
AT_REST: dict[str, Any] = {"state": State.UNKNOWN, "sent": 1000.0, "looks": len(pace.EVIDENCE)}


def shown(job: Job, *, sandbox: bool = False, spoken: Language = ENGLISH) -> str:
    return stage(job, spoken, sandbox=sandbox)


def test_while_we_look_nobody_is_asked() -> None:
    job = made(**AT_REST | {"looks": 1, "candidates": ("a",)})
    found = shown(job)
    assert "We sent it and lost the reply. Checking with EvoLink…" in found
    assert "data-act" not in found
    assert words.message(job, ENGLISH, sandbox=False) == "We sent it and lost the reply. Checking with EvoLink…"
    assert words.card_title(job, ENGLISH) == ENGLISH.of("state", "unknown")


def test_afterwards_a_person_may_look_or_send_again() -> None:
    found = shown(made(**AT_REST, credits_before=100.0, credits_after=73.0))
    assert "The service may have started and charged for this video. We have not sent it again." in found
    assert found.index("data-act='look'") < found.index("data-act='send'")
    assert "Send again (may cost twice)" in found
    assert "data-again" not in found
    assert "<dt>balance before</dt><dd>100 credits</dd>" in found
    assert "<dt>balance after</dt><dd>73 credits</dd>" in found


def test_in_the_sandbox_nothing_may_cost_twice() -> None:
    found = shown(made(**AT_REST, credits_before=100.0), sandbox=True)
    assert "Send again<" in found
    assert "twice" not in found
    assert "balance" not in found


def test_what_was_sent_again_is_opened_and_not_sent_once_more() -> None:
    found = shown(made(**AT_REST, sent_again=HOSTILE))
    assert "data-act='send'" not in found
    assert "data-open='&lt;img" in found


def test_a_candidate_says_when_it_was_begun() -> None:
    found = shown(made(**AT_REST, candidates=("task-unified-1790000000-a1b2c3d4", "task-unified-x-a1b2c3d4")))
    assert "a1b2c3d4 · <time datetime='2026-09-21T14:13:20+00:00' data-seconds></time></button>" in found
    assert found.count("· <time") == 1


def test_each_candidate_can_be_chosen_and_is_no_markup() -> None:
    found = shown(made(**AT_REST, candidates=("task-1", HOSTILE)))
    assert found.count("data-act='choose'") == 2
    assert "It is task-1" in found
    assert "<img src=x" not in found


@pytest.mark.parametrize("state", [State.STALLED, State.LINK_EXPIRED])
def test_what_may_still_come_can_be_looked_for_but_not_sent_again(state: State) -> None:
    found = shown(made(state=state, task_id="t"))
    assert "data-act='look'" in found
    assert "data-act='send'" not in found


@pytest.mark.parametrize("state", [State.SUBMITTED, State.DONE, State.FAILED])
def test_a_higher_price_is_told_and_asked_about(state: State) -> None:
    dear = made(state=state, task_id="t", dearer=True, credits_estimated=27.0, credits_reserved=405.0)
    assert "EvoLink set aside 405 credits for this video; we had said 27 credits." in shown(dear)
    assert "405 credits" in shown(replace(dear, credits_reserved=4_050_000.0, credits_charged=405.0))
    assert "data-act='agree'" in shown(dear)
    assert "data-act='agree'" not in shown(replace(dear, dearer=False))


@pytest.mark.parametrize("code", NAMES)
def test_what_waits_for_a_yes_says_so_and_moves_no_bar(code: str) -> None:
    spoken, held = language(code), made(trouble=troubles.HELD)
    found = shown(held, spoken=spoken)
    assert found.count(spoken.of("note", "held")) == 1
    assert "data-act='agree'" in found
    assert "progressbar" not in found
    assert words.stage_title(held, spoken) == words.card_title(held, spoken) == spoken.say("price.waits")
    assert "data-act" not in shown(replace(held, state=State.REJECTED), spoken=spoken)
