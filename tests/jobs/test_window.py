import math
import random
from statistics import fmean, median

import pytest

from jobs.window import Took, Window, learnt, pause

CHANCE = random.Random(7)


def past() -> list[Took]:
    """Thirty tasks, of which two thirds took from 258 to 349 seconds."""
    return [Took(300 * CHANCE.lognormvariate(0, 0.15), 300.0) for _ in range(30)]


PAST = past()


def looks(lasts: float, window: Window | None, company: int = 1) -> tuple[int, float]:
    """How often a task is read, and how late its end is noticed."""
    age, count = 0.0, 0
    while age < lasts:
        age += pause(age, window, company)
        count += 1
    return count, age - lasts


def test_a_video_of_five_minutes_costs_less_than_forty_looks_and_is_noticed_within_a_second_and_a_half():
    found = [looks(300 * CHANCE.lognormvariate(0, 0.15), learnt(300, past())) for _ in range(500)]
    assert fmean(count for count, _ in found) < 40
    assert median(late for _, late in found) < 1.5


@pytest.mark.parametrize("lasts", [4.6, 4.8, 5.0, 5.1, 5.4])
def test_the_end_of_a_short_one_is_noticed_at_once(lasts):
    assert looks(lasts, learnt(5, []))[1] <= 0.1
    assert looks(lasts, learnt(5, [Took(5.0, 5.0)] * 9))[1] <= 0.06


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.3, 2.0])
def test_a_wrong_estimate_costs_little(factor):
    count, late = looks(300 * factor, learnt(300, []))
    assert count <= 150
    assert late <= 20


def test_in_company_looks_are_cheap_and_so_more_frequent():
    assert looks(300, learnt(300, PAST), 50)[0] > 1.5 * looks(300, learnt(300, PAST))[0]


def test_looks_are_sparse_first_dense_around_the_end_and_sparse_again_when_it_is_late():
    window = Window(300, 0.1)
    assert pause(0, window) == 20
    assert pause(300, window) < 3
    assert pause(1000, window) == 8
    assert pause(5, Window(math.exp(-5), 0.05)) == pause(5, Window(0.001, 0.6)) == 0.05


def test_the_pause_before_the_dense_part_does_not_reach_into_it():
    window = Window(300, 0.05)
    ages = [0.0]
    while ages[-1] < 300:
        ages.append(ages[-1] + pause(ages[-1], window))
    assert sum(270 < age < 285 for age in ages) >= 2


def test_without_anything_to_go_by_the_pauses_grow_with_the_age():
    assert learnt(None, []) is None
    assert [pause(age, None) for age in (0, 40, 4000)] == [0.5, 5, 8]


@pytest.mark.parametrize("odd", [0, -5, math.nan, math.inf, 1e308])
def test_an_estimate_nobody_can_believe_counts_as_none(odd):
    assert learnt(odd, []) is None


def test_the_estimate_is_believed_until_there_is_a_past():
    assert learnt(200, [Took(50, 100)] * 2) == Window(200, 0.3)
    assert learnt(200, [Took(50, 100)] * 3).middle == pytest.approx(100)


def test_what_is_learnt_is_how_far_the_estimates_of_the_service_are_off():
    window = learnt(600, [Took(150 + n, 300) for n in range(-10, 11)])
    assert window.middle == pytest.approx(300)
    assert 0.05 < window.spread < 0.1


def test_seconds_are_learnt_where_there_are_no_estimates():
    assert learnt(None, [Took(90), Took(100), Took(110)]).middle == pytest.approx(100)
    assert learnt(300, [Took(90), Took(100), Took(110)]).middle == pytest.approx(100)
    assert learnt(None, [Took(100)]).middle == pytest.approx(100)


def test_a_task_that_was_found_long_after_its_end_does_not_spoil_what_is_learnt():
    spoilt = learnt(300, [*PAST, Took(90_000, 300), Took(200_000, 300)])
    assert spoilt.middle == pytest.approx(learnt(300, PAST).middle, rel=0.05)
    assert spoilt.spread < 0.25


def test_a_past_without_time_is_no_past():
    assert learnt(300, [Took(0.0, 300), Took(-5.0, 300), Took(0.0)]) == Window(300, 0.3)
