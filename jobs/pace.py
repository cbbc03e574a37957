"""How long to wait when something is in the way, and when to stop expecting. Pure: seconds in, seconds out."""

import math

EARLY = 120.0
"""Seconds for which the service may not know a task: it may just not know it yet."""

SOON_KNOWN = 8.0
"""Seconds between two looks meanwhile, at most."""

LINK_LIFE = 23 * 3600.0
"""Links live 24 hours; an hour is left for the download."""

UPLOAD_LIFE = 48 * 3600.0
"""Uploads live 72 hours; a day is left for the service to read them."""

RETRY_AFTER_UNSAID = 10.0
RETRY_AFTER_LONGEST = 120.0

SLOWLY = 60.0
"""Between looks that only a person's help (a key, room on the disk) can make succeed."""

SEND_AGAIN = (1.0, 2.0, 4.0)
"""Before each further try to reach a service that cannot be reached. Somebody is watching: they hear of it soon."""

EVIDENCE = (0.0, 10.0, 20.0, 30.0, 60.0)
"""Before each look for an order whose answer was lost: at once, and at 10, 30, 60 and 120 seconds."""

ASK_AGAIN_WITHIN = 600.0
"""After the order went out: nobody says how long EvoLink remembers a key."""

RESULT_MISSING = (5.0, 10.0, 20.0, 35.0, 50.0)
"""Before each further look at a task that is completed and has no file or element yet: five looks, two minutes."""

STRANGE = 24 * 3600.0
"""Seconds after which a state that nobody knows is no longer taken for work."""


def stalled_pause(elapsed: float) -> float:
    """Until the next look at a task that was found without an end in sight so long ago: a minute, thinning to an hour.

    Growing, because a task also counts as stalled when the service has just forgotten it, or the wall clock jumped.
    """
    return _between(60.0, elapsed / 6, 3600.0)


def stalled_after(estimate: float | None) -> float:
    """The age at which no end is in sight any more: three times the estimate, and not before two hours."""
    return max(3 * (believable(estimate) or 0.0), 7200.0)


def backoff(misses: int, chance: float) -> float:
    """Until the next try after `misses` failures: 5 s growing to 60 s. `chance`, 0 to 1, spreads tries over the upper
    half, so that jobs that fell together do not rise together."""
    longest = min(60.0, 5.0 * 2.0 ** min(misses - 1, 10))
    return max(5.0, longest * (0.5 + chance / 2))


def asked_pause(retry_after: float | None) -> float:
    """What a busy service asked for, within reason."""
    if retry_after is None or not math.isfinite(retry_after):
        return RETRY_AFTER_UNSAID
    return _between(1.0, retry_after, RETRY_AFTER_LONGEST)


def ask_again(chance: float) -> float:
    """Until an order whose answer was lost is asked for once more, where that is proven to be safe: 2 to 5 s."""
    return 2.0 + 3.0 * chance


def believable(estimate: float | None) -> float | None:
    """Seconds up to a day; zero, negative, endless and no number at all count as none."""
    return estimate if estimate is not None and 0 < estimate <= 86400 else None


def _between(least: float, value: float, most: float) -> float:
    return max(least, min(value, most))
