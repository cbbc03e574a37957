"""The videos of the library as cards: pure functions from records to escaped markup, which /house/library.js moves."""

from collections.abc import Container
from datetime import UTC, datetime
from typing import assert_never

from client.schema import VideoRequest
from jobs.job import Job
from jobs.library import Page
from jobs.states import Money, State
from ui import words
from ui.languages import Language
from ui.safe_text import safe_data, safe_text, safe_value
from ui.stage import headline, poster, settings


def shelf(page: Page, here: Container[str], spoken: Language, *, searching: bool, sandbox: bool) -> str:
    """A page of the library. `here`: ids of the jobs whose file is here. `searching`: not everything was asked for."""
    if not page.jobs:
        said = safe_text(spoken.say("library.nothing") if searching else spoken.say("library.empty"))
        return f"<div class='shelf'><p class='none'>{said}</p></div>"
    cards = "".join(_card(job, job.id in here, spoken, sandbox=sandbox) for job in page.jobs)
    count = spoken.say("library.count_one") if page.total == 1 else spoken.say("library.count", count=page.total)
    said = safe_data(_for_the_script(spoken))
    return (
        f"<div class='shelf' data-number='{page.number}' data-words='{said}'><p class='count'>{safe_text(count)}</p>"
        f"<ul class='grid'>{cards}</ul>{_pages(page, spoken)}{_chosen(spoken)}{_question(spoken)}</div>"
    )


def title(job: Job, spoken: Language) -> str:
    return headline(job) or spoken.say("library.untitled")


def cost(job: Job, spoken: Language, *, sandbox: bool) -> str:
    """What it took from the purse, as far as that is known; in the sandbox what it would have taken."""
    amount = next((sum for sum in (job.credits_charged, job.credits_reserved, job.credits_estimated) if sum), None)
    if amount is None:
        return ""
    credits = spoken.credits(amount)
    if sandbox:
        return spoken.say("library.would", credits=credits)
    match job.money:
        case Money.NOT_CHARGED:
            return spoken.say("library.free")
        case Money.RESERVED:
            return spoken.say("library.about", credits=credits)
        case Money.CHARGED:
            return credits if job.credits_charged else spoken.say("library.about", credits=credits)
        case Money.UNKNOWN:
            return spoken.say("library.perhaps", credits=credits)
        case unknown:
            assert_never(unknown)


def _for_the_script(spoken: Language) -> dict[str, str]:
    """What it says by itself, with places for its numbers."""
    return {
        "selected": spoken.say("library.selected", count="{count}"),
        "ask_one": spoken.say("library.ask_one"),
        "ask_many": spoken.say("library.ask_many", count="{count}"),
    }


def _card(job: Job, here: bool, spoken: Language, *, sandbox: bool) -> str:
    assert isinstance(job.request, VideoRequest)
    called = title(job, spoken)
    made = datetime.fromtimestamp(job.created, UTC).isoformat(timespec="seconds")
    look = "done" if here else "resting" if job.resting else "open"
    star = safe_text(spoken.say("library.star", title=called))
    film = f" data-film='/v/{safe_value(job.token)}'" if here else ""
    facts = [safe_text(fact) for fact in (_state(job, here, spoken), cost(job, spoken, sandbox=sandbox)) if fact]
    facts.append(f"<time datetime='{made}' data-age></time>")
    return (
        f"<li class='clip {look}' data-job='{safe_value(job.id)}'>"
        f"<button type='button' class='poster' data-show='{safe_value(job.id)}'{film} "
        f"aria-label='{safe_text(spoken.say('library.open', title=called))}'>"
        f"<img src='{poster(job)}' alt='' loading='lazy'></button>{_pick(job, here, called, spoken)}"
        f"<button type='button' class='star' data-star='{safe_value(job.id)}' "
        f"aria-pressed='{str(job.starred).lower()}' aria-label='{star}'></button>"
        f"<p class='words'>{safe_text(called)}</p>"
        f"<p class='settings'>{safe_text(' · '.join(settings(job.request, spoken)))}</p>"
        f"<p class='facts'>{' · '.join(facts)}</p>{_more(job, here, called, spoken)}</li>"
    )


def _state(job: Job, here: bool, spoken: Language) -> str:
    """A finished video speaks for itself."""
    if job.state is State.DONE:
        return "" if here else spoken.say("library.gone")
    return words.stage_title(job, spoken)


def _pick(job: Job, here: bool, called: str, spoken: Language) -> str:
    """Only what is at rest can be chosen: nothing can be done with what is still being made."""
    if not job.resting:
        return ""
    token = f" data-token='{safe_value(job.token)}'" if here else ""
    named = safe_text(spoken.say("library.pick", title=called))
    box = f"<input type='checkbox' data-pick='{safe_value(job.id)}'{token} aria-label='{named}'>"
    return f"<label class='pick'>{box}</label>"


def _more(job: Job, here: bool, called: str, spoken: Language) -> str:
    acts = []
    if here:
        download = safe_text(spoken.say("stage.download"))
        acts.append(f"<a href='/v/{safe_value(job.token)}?download=1' download>{download}</a>")
        acts.append(_act("continue", job.id, spoken.say("stage.continue")))
    acts.append(_act("again", job.id, spoken.say("stage.again")))
    copied = f" data-copied='{safe_text(spoken.say('stage.link_copied'))}'"
    acts.append(_act("link", f"/j/{job.token}", spoken.say("stage.copy_link"), copied))
    if job.resting:
        acts.append(_act("erase", job.id, spoken.say("library.delete")))
    else:
        acts.append(f"<p>{safe_text(spoken.say('library.not_yet'))}</p>")
    named = safe_text(spoken.say("library.more", title=called))
    return f"<details class='more'><summary aria-label='{named}'></summary><div>{''.join(acts)}</div></details>"


def _act(name: str, value: str, said: str, more: str = "") -> str:
    return f"<button type='button' data-{name}='{safe_value(value)}'{more}>{safe_text(said)}</button>"


def _pages(page: Page, spoken: Language) -> str:
    if page.pages == 1:
        return ""
    where = spoken.say("library.page", number=page.number, pages=page.pages)

    def way(to: int, said: str) -> str:
        closed = "" if 1 <= to <= page.pages else " disabled"
        return f"<button type='button' class='pill' data-page='{to}'{closed}>{safe_text(said)}</button>"

    return (
        f"<nav aria-label='{safe_text(where)}'>{way(page.number - 1, spoken.say('library.newer'))}"
        f"<span>{safe_text(where)}</span>{way(page.number + 1, spoken.say('library.older'))}</nav>"
    )


def _chosen(spoken: Language) -> str:
    download = safe_text(spoken.say("stage.download"))
    return (
        f"<div class='chosen' hidden><span></span><button type='button' class='pill' data-fetch>{download}</button>"
        f"<button type='button' class='pill' data-erase>{safe_text(spoken.say('library.delete'))}</button>"
        f"<button type='button' class='pill plain' data-clear>{safe_text(spoken.say('library.clear'))}</button></div>"
    )


def _question(spoken: Language) -> str:
    keep, delete = safe_text(spoken.say("library.keep")), safe_text(spoken.say("library.delete"))
    return (
        "<dialog class='question' aria-labelledby='asked'><h2 id='asked'></h2>"
        f"<p>{safe_text(spoken.say('library.ask_here'))}</p><p>{safe_text(spoken.say('library.ask_there'))}</p>"
        f"<div><button type='button' class='pill' data-keep autofocus>{keep}</button>"
        f"<button type='button' class='pill grave' data-delete>{delete}</button></div></dialog>"
    )
