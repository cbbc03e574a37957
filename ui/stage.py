"""The right-hand side: one job as the page shows it. Pure functions from a record to escaped markup."""

from datetime import UTC, datetime
from time import time

from client.schema import VideoRequest
from jobs.found import request_is_known
from jobs.job import Job
from jobs.length import too_short
from jobs.states import State
from ui import lost, words
from ui.languages import Language
from ui.progress import progress
from ui.safe_text import safe_text, safe_value

BAR_STOPS_AT = 95
"""Percent: the last bit belongs to saving the file, so that a full bar means that the video is there."""


def stage(job: Job | None, language: Language, *, sandbox: bool) -> str:
    """The stage for a job in any state, or for none."""
    if job is None:
        hint = safe_text(language.say("stage.empty_hint"))
        return _framed("empty", None, f"{_blank(language)}<p class='hint'>{hint}</p>")
    price = lost.price(job, language)
    if job.state is State.DONE:
        return _framed("done", job, _result(job, language, sandbox=sandbox) + price)
    if job.resting:
        return _framed("trouble", job, _trouble(job, language, sandbox=sandbox) + price)
    return _framed("waiting", job, _waiting(job, language, sandbox=sandbox) + price)


def strip(jobs: list[Job], language: Language) -> str:
    """Recent clips as a row of buttons; each opens its job on the stage, or fills the form with what it was made of."""
    if not jobs:
        return ""
    cards = "".join(_card(job, language) for job in jobs)
    title = safe_text(language.say("stage.recent"))
    return f"<h2 id='recent'>{title}</h2><div class='cards' role='list'>{cards}</div>"


def headline(job: Job) -> str:
    """What the clip is about: the first words of its text."""
    assert isinstance(job.request, VideoRequest)
    params = job.request.model_params
    text = params.multi_prompt[0].prompt if params and params.multi_shot and params.multi_prompt else job.request.prompt
    return shorten(text)


def shorten(text: str, most: int = 80) -> str:
    """Its first words; its first letters where words have no blanks between them."""
    if len(text) <= most:
        return text
    words, _, _ = text[: most - 1].rpartition(" ")
    return f"{words if len(words) > most / 2 else text[: most - 1]}…"


def settings(request: VideoRequest, language: Language) -> list[str]:
    """What was asked for besides the text."""
    return [
        language.seconds(request.duration),
        request.aspect_ratio or language.say("stage.own_shape"),
        "4K" if request.quality == "4k" else request.quality,
        language.say("stage.with_sound") if request.sound == "on" else language.say("stage.silent"),
    ]


def _framed(look: str, job: Job | None, inside: str) -> str:
    name = f"data-job='{safe_value(job.id)}' data-state='{job.state.value}'" if job else ""
    return f"<section class='stage {look}' {name}>{inside}</section>"


def _blank(language: Language) -> str:
    return f"<div class='screen'><p>{safe_text(language.say('stage.empty'))}</p></div>"


def _waiting(job: Job, language: Language, *, sandbox: bool) -> str:
    elapsed = max(0, round(time() - job.created))
    usual = words.usual_wait(job.estimated_seconds, language)
    return (
        f"<div class='screen'><img class='dimmed' src='{poster(job)}' alt=''></div>"
        f"<div class='line'><h2 data-announce>{safe_text(words.stage_title(job, language))}</h2>"
        f"<p class='clock'><time data-elapsed='{elapsed}'>{elapsed // 60}:{elapsed % 60:02}</time>"
        f"{f' · {safe_text(usual)}' if usual else ''}</p></div>"
        f"{'' if words.held(job) else _progress(job, language)}"
        f"<div class='actions'>{lost.answers(job, language, sandbox=sandbox)}{_link(job, language)}</div>"
    )


def _progress(job: Job, language: Language) -> str:
    note = safe_text(words.waiting_note(job, language))
    return f"{progress(min(BAR_STOPS_AT, job.progress), language)}<p class='note'>{note}</p>"


def _answers(job: Job, language: Language, *, sandbox: bool) -> str:
    buttons = lost.answers(job, language, sandbox=sandbox)
    return f"<div class='actions'>{buttons}</div>" if buttons else ""


def _result(job: Job, language: Language, *, sandbox: bool) -> str:
    return (
        f"<div class='screen'><video src='/v/{safe_value(job.token)}' poster='{_picture(job)}' controls autoplay muted "
        f"loop playsinline preload='auto' aria-label='{safe_text(headline(job))}'></video></div>"
        f"<div class='line'><h2 data-announce>{safe_text(words.stage_title(job, language))}</h2>"
        f"<div class='actions'><a class='download' href='/v/{safe_value(job.token)}?download=1' download>"
        f"{safe_text(language.say('stage.download'))}</a>{_again(job, language)}{_further(job, language)}</div></div>"
        f"<p class='about'>{safe_text(headline(job))}</p><p class='receipt'>{safe_text(_receipt(job, language))}</p>"
        f"{_too_short(job, language)}{_bill(job, language, sandbox=sandbox)}"
    )


def _trouble(job: Job, language: Language, *, sandbox: bool) -> str:
    parts = words.error(job, language, sandbox=sandbox)
    again = "" if job.state is State.UNKNOWN else f"<div class='actions'>{_again(job, language)}</div>"
    summary = safe_text(language.say("stage.details"))
    folded = f"<details><summary>{summary}</summary><p>{safe_text(parts.details)}</p></details>"
    details = folded if parts.details else ""
    return (
        f"<div class='screen'><img class='dimmed' src='{poster(job)}' alt=''></div>"
        f"<div class='line'><h2 data-announce>{safe_text(words.stage_title(job, language))}</h2>"
        f"{again}</div><p class='what'>{safe_text(parts.what)}</p><p class='money'>{safe_text(parts.money)}</p>"
        f"<p class='next'>{safe_text(parts.next)}</p>{lost.candidates(job, language)}"
        f"{_answers(job, language, sandbox=sandbox)}{_bill(job, language, sandbox=sandbox)}{details}"
    )


def _again(job: Job, language: Language) -> str:
    words_of_it = safe_text(language.say("stage.again"))
    return f"<button type='button' class='again' data-again='{safe_value(job.id)}'>{words_of_it}</button>"


def _further(job: Job, language: Language) -> str:
    """From its last frame on, and from here to another device."""
    go_on = safe_text(language.say("stage.continue"))
    button = f"<button type='button' class='again' data-continue='{safe_value(job.id)}'>{go_on}</button>"
    return button + _link(job, language)


def _link(job: Job, language: Language) -> str:
    """For picking the video up on another device."""
    copy, copied = safe_text(language.say("stage.copy_link")), safe_text(language.say("stage.link_copied"))
    where = f"/j/{safe_value(job.token)}"
    return f"<button type='button' class='again' data-link='{where}' data-copied='{copied}'>{copy}</button>"


def _receipt(job: Job, language: Language) -> str:
    request = job.request
    assert isinstance(request, VideoRequest)
    took = language.say("stage.made_in", duration=language.duration((job.ended or job.changed) - job.created))
    known = [*settings(request, language), took] if request_is_known(job) else []
    return " · ".join([*known, language.say("stage.saved")])


def _too_short(job: Job, language: Language) -> str:
    """What came, when it is less than what was ordered. What an older row does not know was as ordered."""
    assert isinstance(job.request, VideoRequest)
    seconds, ordered = job.video_seconds, job.request.duration
    if seconds is None or not (request_is_known(job) and too_short(seconds, ordered)):
        return ""
    parts = {"came": language.seconds(seconds), "ordered": language.seconds(ordered), "id": job.task_id or ""}
    told = language.say("stage.too_short", **parts) if seconds else language.say("stage.length_unsaid", **parts)
    return f"<p class='next'>{safe_text(told)}</p>"


def _bill(job: Job, language: Language, *, sandbox: bool) -> str:
    """What it was thought to cost, what was set aside, what was taken, and for one without a video the balance before
    and after: side by side."""
    told = [
        (language.say("money.would_cost") if sandbox else language.say("money.estimated"), job.credits_estimated),
        (language.say("money.reserved"), None if sandbox else job.credits_reserved),
        (language.say("money.charged"), None if sandbox else job.credits_charged),
        (language.say("money.before"), None if sandbox or job.state is State.DONE else job.credits_before),
        (language.say("money.after"), None if sandbox else job.credits_after),
    ]
    entries = "".join(
        f"<div><dt>{safe_text(name)}</dt><dd>{safe_text(language.credits(amount))}</dd></div>"
        for name, amount in told
        if amount is not None
    )
    return f"<dl class='bill'>{entries}</dl>" if entries else ""


def _card(job: Job, language: Language) -> str:
    made = datetime.fromtimestamp(job.created, UTC).isoformat(timespec="seconds")
    title, state = headline(job), words.card_title(job, language)
    look = "done" if job.state is State.DONE else "resting" if job.resting else "open"
    again = safe_text(language.say("stage.again_of", title=title))
    return (
        f"<div role='listitem'><button type='button' class='card {look}' data-open='{safe_value(job.id)}' "
        f"title='{safe_text(title)}'><img src='{poster(job)}' alt='' loading='lazy'>"
        f"<span class='state'>{safe_text(state)}</span><span class='words'>{safe_text(title)}</span>"
        f"<time datetime='{made}'></time></button>"
        f"<button type='button' class='again' data-again='{safe_value(job.id)}' aria-label='{again}' title='{again}'>"
        "↻</button></div>"
    )


def _picture(job: Job) -> str:
    """What stood on the stage while waiting, and so is in the browser already: the player waits for nothing else."""
    return f"/p/{safe_value(job.token)}?picture"


def poster(job: Job) -> str:
    """Another address once the video is there, since the picture behind it changes then."""
    return f"/p/{safe_value(job.token)}?video" if job.state is State.DONE else _picture(job)
