from dataclasses import replace
from typing import Any

import pytest

from jobs import troubles
from jobs.job import NO_FILE, Job, Trouble
from jobs.states import RESTING, Money, State
from tests.jobs.fakes import job as made
from ui import words
from ui.languages import NAMES, Language, language

LANGUAGES = [language(code) for code in NAMES]
ENGLISH = language("en")
CODES = [
    "content_policy_violation", "generation_failed_no_content", "invalid_parameters", "image_processing_error",
    "image_dimension_mismatch", "request_cancelled", "service_error", "generation_timeout", "resource_exhausted",
    "model_unavailable", "rate_limit_exceeded", "quota_exceeded", "insufficient_quota", "unauthorized",
    "model_access_denied", "unreachable", "picture_gone", "delivery_too_large", "no_file", "no_element", "402",
    "sensitive_content", "content_filter", "service_unavailable", "invalid_token",
]  # fmt: skip
REMOTE = "<b>Remote</b> words"


def job(state: State, code: str = "", **more: Any) -> Job:
    trouble = Trouble(code, "It did not work.", detail=REMOTE, request_id="req_7") if code else None
    return made(state=state, trouble=trouble, **more)


@pytest.fixture(params=LANGUAGES, ids=NAMES)
def spoken(request: pytest.FixtureRequest) -> Language:
    found: Language = request.param
    return found


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_title_a_card_and_a_note(spoken: Language, state: State) -> None:
    record = job(state, progress=1)
    assert words.stage_title(record, spoken) == spoken.of("state", state.value)
    assert words.card_title(record, spoken)
    assert words.waiting_note(record, spoken)
    assert words.message(record, spoken, sandbox=False)


def test_an_order_that_was_taken_is_in_line_until_it_moves(spoken: Language) -> None:
    assert words.stage_title(job(State.SUBMITTED), spoken) == spoken.of("state", "in_line")
    assert words.stage_title(job(State.SUBMITTED, progress=1), spoken) == spoken.of("state", "submitted")


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("state", [State.REJECTED, State.FAILED])
def test_every_code_has_its_four_parts(spoken: Language, code: str, state: State) -> None:
    parts = words.error(job(state, code, task_id="task-unified-9"), spoken, sandbox=False)
    assert all((parts.what, parts.money, parts.next, parts.details))
    assert parts.what not in {spoken.of("what", f"state_{state.value}"), "It did not work."}
    assert REMOTE not in parts.what + parts.money + parts.next
    for detail in (code, REMOTE, "req_7", "task-unified-9"):
        assert detail in parts.details


@pytest.mark.parametrize("state", sorted(RESTING - {State.DONE}))
def test_every_unhappy_end_has_words_for_a_code_that_nobody_knows(spoken: Language, state: State) -> None:
    parts = words.error(job(state, "quite_new"), spoken, sandbox=False)
    assert parts.next == spoken.of("next", f"state_{state.value}")
    own_sentence = spoken is ENGLISH and state in {State.REJECTED, State.FAILED}
    assert parts.what == ("It did not work." if own_sentence else spoken.of("what", f"state_{state.value}"))
    assert parts.money
    assert REMOTE not in parts.what + parts.money + parts.next
    assert {"quite_new", REMOTE} <= set(parts.details.split(" · "))


def test_without_any_trouble_there_is_nothing_to_fold_away() -> None:
    assert words.error(job(State.CANCELLED), ENGLISH, sandbox=False).details == ""


MONEY = {
    Money.NOT_CHARGED: made(state=State.REJECTED),
    Money.RESERVED: made(state=State.SUBMITTED),
    Money.CHARGED: made(state=State.LINK_EXPIRED),
    Money.UNKNOWN: made(state=State.UNKNOWN),
}


def test_every_standing_of_the_money_has_its_own_line(spoken: Language) -> None:
    assert {kind: record.money for kind, record in MONEY.items()} == {kind: kind for kind in Money}
    lines = {words.money_line(record, spoken, sandbox=False) for record in MONEY.values()}
    assert len(lines) == len(Money)


@pytest.mark.parametrize("state", sorted(RESTING - {State.DONE}))
def test_money_is_never_claimed_in_the_sandbox(spoken: Language, state: State) -> None:
    assert words.error(job(state), spoken, sandbox=True).money == spoken.say("money.sandbox")


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (job(State.FAILED, "service_error"), "You were not charged."),
        (
            job(State.FAILED, "service_error", credits_reserved=27.0),
            "You were not charged. EvoLink gives the reserved credits back.",
        ),
        (job(State.CANCELLED, "cancelled"), "It may have been charged: we do not know yet."),
        (
            job(State.FAILED, "service_error", credits_charged=27.0),
            "EvoLink counts this video as made, so it was charged.",
        ),
        (job(State.FAILED, NO_FILE), "It may have been charged: we do not know yet."),
    ],
)
def test_a_failure_is_free_unless_evolink_says_otherwise(record: Job, line: str) -> None:
    assert words.money_line(record, ENGLISH, sandbox=False) == line


PASSING = [
    troubles.WAITING, troubles.UNREACHABLE_FOR_NOW, troubles.NOT_KNOWN, troubles.NO_END_IN_SIGHT, troubles.DISK_FULL,
    troubles.DELIVERY_DELAYED,
]  # fmt: skip


@pytest.mark.parametrize("trouble", PASSING, ids=lambda trouble: trouble.code)
def test_a_passing_trouble_is_said_while_it_lasts(spoken: Language, trouble: Trouble) -> None:
    for state in (State.SUBMITTED, State.STALLED):
        record = replace(job(state), trouble=trouble)
        assert words.waiting_note(record, spoken) == spoken.of("note", trouble.code)


def test_a_passing_trouble_that_has_no_words_is_told_plainly() -> None:
    assert words.waiting_note(job(State.SUBMITTED, "quite_new"), ENGLISH) == ENGLISH.of("note", "refused")
    assert REMOTE not in words.waiting_note(job(State.SUBMITTED, "quite_new"), ENGLISH)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0, ""),
        (2, "usually about 5 s"),
        (7, "usually about 5 s"),
        (49, "usually about 50 s"),
        (70, "usually about 1 min"),
        (170, "usually about 3 min"),
    ],
)
def test_the_usual_wait_is_said_in_round_numbers(seconds: float | None, said: str) -> None:
    assert words.usual_wait(seconds, ENGLISH) == said


def test_a_program_hears_the_trouble_in_one_line() -> None:
    message = words.message(job(State.FAILED, "service_error"), ENGLISH, sandbox=False)
    assert message == (
        "EvoLink had a fault of its own. You were not charged. Wait a few minutes, then create it again."
    )
    assert words.message(job(State.DONE), ENGLISH, sandbox=False) == "Your video is ready"
