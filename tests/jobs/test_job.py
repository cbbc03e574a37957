from dataclasses import replace

import pytest

from jobs.job import Kind, Trouble, new_job
from jobs.states import ENDS, MOVES, OPEN, RESTING, WAITING_FOR_A_PERSON, Money, State, money
from tests.jobs.fakes import element_request, job, request


def test_every_state_has_its_moves_and_ends_have_none():
    assert set(MOVES) == set(State)
    assert {state for state, moves in MOVES.items() if not moves} == ENDS
    assert set(State) == OPEN | RESTING
    assert not OPEN & RESTING


def test_nothing_leads_back_to_the_paid_request():
    after = {State.SUBMITTING}
    for _ in State:
        after |= {to for state in after for to in MOVES[state]}
    assert State.NEW not in after
    assert all(State.SUBMITTING not in moves for state, moves in MOVES.items() if state is not State.NEW)


@pytest.mark.parametrize(
    ("states", "known"),
    [
        ({State.NEW, State.REJECTED, State.FAILED}, Money.NOT_CHARGED),
        ({State.SUBMITTED, State.STALLED}, Money.RESERVED),
        ({State.READY, State.DOWNLOADING, State.DONE, State.LINK_EXPIRED}, Money.CHARGED),
        ({State.SUBMITTING, State.UNKNOWN, State.CANCELLED}, Money.UNKNOWN),
    ],
)
def test_what_each_state_says_about_the_money(states, known):
    assert {state for state in State if money(state) is known} == states
    assert all(job(state=state).money is known for state in states)


def test_a_failure_that_may_have_cost_something_does_not_claim_otherwise():
    for code in ("no_file", "no_element"):
        assert job(state=State.FAILED, trouble=Trouble(code, "")).money is Money.UNKNOWN
    assert job(state=State.FAILED, trouble=Trouble("service_error", "")).money is Money.NOT_CHARGED
    assert job(state=State.FAILED, credits_charged=27.0).money is Money.CHARGED
    assert job(state=State.CANCELLED, credits_charged=0.0).money is Money.NOT_CHARGED


def test_every_job_has_secrets_of_its_own():
    one, two = job(), job()
    assert len({one.id, two.id, one.token, two.token, one.callback_token, two.callback_token}) == 6
    assert one.idempotency_key != two.idempotency_key
    assert len(one.idempotency_key) == 36


def test_what_kind_a_job_is_of_follows_from_what_was_asked():
    assert job().kind is Kind.VIDEO
    assert job(request=element_request()).kind is Kind.ELEMENT


def test_an_estimate_is_kept_with_the_order():
    assert new_job(request(), owner="ann", nonce="1", now=0).credits_estimated is None
    assert new_job(request(), owner="ann", nonce="1", now=0, credits_estimated=27.5).credits_estimated == 27.5


@pytest.mark.parametrize("change", [{"element_id": "830012345678"}, {"hidden": True}])
def test_a_person_sees_what_becomes_of_an_element(change):
    before = job(request=element_request())
    assert replace(before, **change).seen != before.seen
    assert replace(before, uploads={"a": "b"}).seen == before.seen


def test_persons_are_waited_for_where_a_machine_must_not_decide():
    assert {State.UNKNOWN, State.LINK_EXPIRED} == WAITING_FOR_A_PERSON
    assert job(state=State.UNKNOWN).resting
    assert not job(state=State.STALLED).resting
