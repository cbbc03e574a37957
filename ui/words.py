"""States, errors and money in people's words. Plain text, never markup; remote text stands in the details alone."""

from dataclasses import dataclass
from typing import assert_never

from client.plain import plain
from jobs.job import Job
from jobs.states import Money, State
from jobs.troubles import HELD
from ui.languages import DEFAULT, Language
from ui.safe_text import REMOTE


@dataclass(frozen=True)
class FourParts:
    """An error as people read it, in this order: what happened, the money, the one next step, details folded away."""

    what: str
    money: str
    next: str
    details: str


def stage_title(job: Job, language: Language) -> str:
    """The state of a job in a few words."""
    if held(job):
        return language.say("price.waits")
    waiting_in_line = job.state is State.SUBMITTED and not job.progress
    return language.of("state", "in_line" if waiting_in_line else job.state.value)


def card_title(job: Job, language: Language) -> str:
    """The same for the strip, which is not told of every step."""
    standing_still = job.resting or job.looking or held(job)
    return stage_title(job, language) if standing_still else language.say("stage.on_its_way")


def waiting_note(job: Job, language: Language) -> str:
    """What to know while waiting."""
    if job.looking:
        return language.say("lost.checking")
    if job.trouble and not job.resting and not held(job):
        known = language.knows("note", job.trouble.code)
        return language.of("note", job.trouble.code if known else "refused", state=job.trouble.detail)
    return language.say("stage.stalled") if job.state is State.STALLED else language.say("stage.leave")


def held(job: Job) -> bool:
    """Whether it waits until its owner agrees to a price, which the stage asks them beside it."""
    return job.trouble is not None and job.trouble.code == HELD.code and not job.resting


def usual_wait(seconds: float | None, language: Language) -> str:
    """ "usually about 3 min"; empty when nobody knows."""
    if not seconds:
        return ""
    rounded = max(5, round(seconds / 5) * 5) if seconds < 50 else max(1, round(seconds / 60)) * 60
    return language.say("stage.usually", duration=language.duration(rounded))


def money_line(job: Job, language: Language, *, sandbox: bool) -> str:
    if sandbox:
        return language.say("money.sandbox")
    match job.money:
        case Money.NOT_CHARGED if job.state is State.FAILED and job.credits_reserved:
            return language.say("money.given_back")
        case Money.NOT_CHARGED:
            return language.say("money.not_charged")
        case Money.RESERVED:
            return language.say("money.reserved_line")
        case Money.CHARGED:
            return language.say("money.charged_line")
        case Money.UNKNOWN:
            return language.say("money.unknown_line")
        case unknown:
            assert_never(unknown)


def error(job: Job, language: Language, *, sandbox: bool) -> FourParts:
    """The four parts for a job that came to rest without a video."""
    what, step = _told(job, language)
    trouble = job.trouble
    details = [plain(part, REMOTE) for part in (trouble.code, trouble.detail) if part] if trouble else []
    if trouble and trouble.sentence != what and language.code == DEFAULT:
        details.append(trouble.sentence)
    if trouble and trouble.request_id:
        details.append(language.say("stage.request", id=plain(trouble.request_id, REMOTE)))
    if job.task_id:
        details.append(language.say("stage.task", id=plain(job.task_id, REMOTE)))
    return FourParts(what, money_line(job, language, sandbox=sandbox), step, " · ".join(details))


def message(job: Job, language: Language, *, sandbox: bool) -> str:
    """One line for programs that follow a job."""
    if job.resting and job.state is not State.DONE:
        parts = error(job, language, sandbox=sandbox)
        return f"{parts.what} {parts.money} {parts.next}"
    return waiting_note(job, language) if job.looking else stage_title(job, language)


def _told(job: Job, language: Language) -> tuple[str, str]:
    """What happened, and the next step: by the trouble's code, or by the state for a code that has no words."""
    code = job.trouble.code if job.trouble else ""
    member = _ALIKE.get(code, code)
    if language.knows("what", member):
        return language.of("what", member), language.of("next", member)
    state = f"state_{job.state.value}"
    plainly = job.trouble and language.code == DEFAULT and job.state in {State.REJECTED, State.FAILED}
    what = job.trouble.sentence if job.trouble and plainly else language.of("what", state)
    return what, language.of("next", state)


_ALIKE = {
    "content_filter": "content_policy_violation",
    "sensitive_content": "content_policy_violation",
    "moderation_blocked": "content_policy_violation",
    "input_moderation_failed": "content_policy_violation",
    "service_unavailable": "resource_exhausted",
    "no_available_channel": "resource_exhausted",
    "insufficient_user_quota": "insufficient_quota",
    "402": "insufficient_quota",
    "401": "unauthorized",
    "invalid_token": "unauthorized",
    "key_expired": "unauthorized",
}
"""Codes that mean the same to a person."""
