"""The page behind a pick-up link: one video on any device, and nothing else of its owner. It needs no Gradio."""

from client.schema import VideoRequest
from jobs.job import Job
from jobs.states import State
from ui import words
from ui.languages import Language
from ui.progress import progress
from ui.safe_text import safe_text, safe_value
from ui.stage import BAR_STOPS_AT, headline, poster, settings


def pickup(job: Job, spoken: Language, *, here: bool, sandbox: bool) -> str:
    """The video as it stands. `here`: its file can be played."""
    assert isinstance(job.request, VideoRequest)
    if here:
        inside = _player(job, spoken)
    elif job.resting:
        inside = _picture(job) + _headed(words.stage_title(job, spoken)) + _ended(job, spoken, sandbox=sandbox)
    else:
        inside = _picture(job) + _headed(words.stage_title(job, spoken)) + _waiting(job, spoken)
    about = f"<p class='about'>{safe_text(headline(job))}</p>"
    about += f"<p class='quiet'>{safe_text(' · '.join(settings(job.request, spoken)))}</p>"
    return _page(spoken, inside + about, waiting=not job.resting)


def nothing(spoken: Language) -> str:
    """The same for every link that leads nowhere."""
    hint = f"<p class='quiet'>{safe_text(spoken.say('pickup.gone_hint'))}</p>"
    return _page(spoken, _headed(spoken.say("pickup.gone")) + hint, waiting=False)


def _player(job: Job, spoken: Language) -> str:
    film, named = f"/v/{safe_value(job.token)}", safe_text(headline(job))
    return (
        f"<video src='{film}' poster='{poster(job)}' controls autoplay muted loop playsinline aria-label='{named}'>"
        f"</video>{_headed(words.stage_title(job, spoken))}"
        f"<p><a class='download' href='{film}?download=1' download>{safe_text(spoken.say('stage.download'))}</a></p>"
    )


def _picture(job: Job) -> str:
    return f"<img src='{poster(job)}' alt=''>"


def _headed(said: str) -> str:
    return f"<h1>{safe_text(said)}</h1>"


def _ended(job: Job, spoken: Language, *, sandbox: bool) -> str:
    if job.state is State.DONE:
        return f"<p>{safe_text(spoken.say('pickup.file_gone'))}</p>"
    parts = words.error(job, spoken, sandbox=sandbox)
    return f"<p>{safe_text(parts.what)}</p><p class='quiet'>{safe_text(parts.money)}</p><p>{safe_text(parts.next)}</p>"


def _waiting(job: Job, spoken: Language) -> str:
    note = safe_text(spoken.say("pickup.waiting"))
    return f"{progress(min(BAR_STOPS_AT, job.progress), spoken)}<p class='quiet'>{note}</p>"


def _page(spoken: Language, inside: str, *, waiting: bool) -> str:
    """`waiting`: it looks again by itself."""
    again = " data-again" if waiting else ""
    without_script = "<noscript><meta http-equiv='refresh' content='5'></noscript>" if waiting else ""
    return (
        f"<!doctype html><html lang='{spoken.code}'><head><meta charset='utf-8'><title>Firstframe</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'><meta name='robots' content='noindex'>"
        f"{without_script}<link rel='icon' href='/house/icon.png'><link rel='stylesheet' href='/house/pickup.css'>"
        "<script type='module' src='/house/pickup.js'></script></head>"
        f"<body><p class='brand'>Firstframe</p><main{again}>{inside}</main></body></html>"
    )
