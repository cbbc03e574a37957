"""What the stage asks a person: what to do about a lost answer, and whether to agree to a higher price."""

import re
from datetime import UTC, datetime

from jobs.agreement import in_credits
from jobs.job import Job
from jobs.states import State
from jobs.troubles import HELD
from ui import words
from ui.languages import Language
from ui.safe_text import REMOTE, safe_text, safe_value

LOOKED_FOR = frozenset({State.UNKNOWN, State.STALLED, State.LINK_EXPIRED})
"""Where another look may help."""


def answers(job: Job, language: Language, *, sandbox: bool) -> str:
    """The buttons beside a job that may be found or that waits, the main one first."""
    buttons = ""
    if job.state in LOOKED_FOR and not job.looking:
        buttons += _button(job, "look", language.say("lost.look"), main=True)
    if job.state is State.UNKNOWN and not job.looking:
        if job.sent_again:
            opened = safe_text(language.say("lost.sent"))
            buttons += f"<button type='button' class='again' data-open='{safe_value(job.sent_again)}'>{opened}</button>"
        else:
            said = language.say("lost.send_free") if sandbox else language.say("lost.send")
            buttons += _button(job, "send", said)
    return buttons


def candidates(job: Job, language: Language) -> str:
    """The tasks that may be this job's, each as a button with the time at which EvoLink began it."""
    if job.state is not State.UNKNOWN or job.looking or not job.candidates:
        return ""
    buttons = "".join(
        _button(job, "choose", language.say("lost.choose", id=task), task=task) for task in job.candidates
    )
    several = safe_text(language.say("lost.several"))
    return f"<div class='asked'><p>{several}</p><div class='actions'>{buttons}</div></div>"


def price(job: Job, language: Language) -> str:
    """Whether the next orders may cost what this one did."""
    if job.dearer and job.credits_reserved is not None and job.credits_estimated is not None:
        reserved = language.credits(in_credits(job.credits_reserved, job.credits_estimated))
        told = language.say("price.dearer", reserved=reserved, said=language.credits(job.credits_estimated))
    elif words.held(job):
        told = language.of("note", HELD.code)
    else:
        return ""
    agree = _button(job, "agree", language.say("price.agree"), main=True)
    return f"<div class='asked'><p>{safe_text(told)}</p><div class='actions'>{agree}</div></div>"


def _begun(task: str) -> str:
    """A task id holds the second of its making; the page writes it as the clock there shows it."""
    found = re.fullmatch(r"task-unified-(\d{10})-\w+", task, re.ASCII)
    if not found:
        return ""
    made = datetime.fromtimestamp(int(found[1]), UTC).isoformat()
    return f" · <time datetime='{made}' data-seconds></time>"


def _button(job: Job, act: str, said: str, *, task: str = "", main: bool = False) -> str:
    task_id = f" data-task='{safe_value(task)}'" if task else ""
    look = "again main" if main else "again"
    return (
        f"<button type='button' class='{look}' data-act='{act}' data-about='{safe_value(job.id)}'{task_id}>"
        f"{safe_text(said, REMOTE)}{_begun(task)}</button>"
    )
