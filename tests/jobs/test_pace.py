import math

import pytest

from jobs import pace


@pytest.mark.parametrize("odd", [0, -5, math.nan, math.inf, 1e308])
def test_an_estimate_nobody_can_believe_counts_as_none(odd):
    assert pace.believable(odd) is None
    assert pace.stalled_after(odd) == 7200


def test_a_stalled_task_is_looked_at_ever_less_and_at_least_hourly():
    assert pace.stalled_pause(0) == 60
    assert pace.stalled_pause(7200) == 1200
    assert pace.stalled_pause(1e6) == 3600


def test_no_end_is_in_sight_after_three_times_the_estimate_or_two_hours():
    assert pace.stalled_after(300) == 7200
    assert pace.stalled_after(3000) == 9000
    assert pace.stalled_after(None) == 7200


def test_misses_make_pauses_grow_to_a_minute():
    assert [pace.backoff(misses, 1.0) for misses in (1, 2, 3, 4, 5, 900)] == [5, 10, 20, 40, 60, 60]
    assert [pace.backoff(misses, 0.0) for misses in (1, 2, 3, 4, 5, 900)] == [5, 5, 10, 20, 30, 30]


@pytest.mark.parametrize(("said", "waited"), [(None, 10), (0, 1), (7, 7), (119.5, 119.5), (9999, 120), (math.nan, 10)])
def test_what_a_busy_service_asks_for_is_granted_within_reason(said, waited):
    assert pace.asked_pause(said) == waited
