"""The note under a picture: what is wrong with it, before and after, what is sent. Pure; escaped markup."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from client.errors import PictureError
from client.faults import Examined, Fault, Remedy
from client.opening import Measured
from ui.languages import Language
from ui.safe_text import safe_text, safe_value


@dataclass(frozen=True)
class Note:
    """A picture as it was chosen, what was agreed for it, and what goes to EvoLink when all is agreed."""

    title: str
    path: Path
    found: Examined
    agreed: tuple[Remedy, ...]
    sent: Measured
    before: str = ""
    after: str = ""
    """Addresses of small pictures."""

    @property
    def open(self) -> tuple[Fault, ...]:
        """What could be mended and is not."""
        return tuple(fault for fault in self.found.faults if fault.remedy and fault.remedy not in self.agreed)

    @property
    def changed(self) -> bool:
        """Whether the picture would be another than the one that was chosen."""
        return bool(self.open or self.agreed or self.found.measured.rotated)

    def showing(self, before: str, after: str) -> Self:
        return replace(self, before=before, after=after)


def refused(title: str, error: PictureError, language: Language) -> str:
    """For a picture that nothing can help."""
    return f"<p class='wrong'>{safe_text(language.titled(title, language.error(error)))}</p>"


def written(note: Note, language: Language) -> str:
    return _offer(note, language) if note.open else _sent(note, language)


def _offer(note: Note, language: Language) -> str:
    """What is wrong, the picture before and after, and the one button that mends it."""
    look = "wrong" if any(fault.blocking for fault in note.open) else "advice"
    sentences = "".join(
        f"<p class='{look}'>{safe_text(language.titled(note.title, language.fault(fault)))}</p>" for fault in note.open
    )
    remedies = [remedy for remedy in note.found.remedies if remedy not in note.agreed]
    what = language.listed(language.of("remedy", remedy) for remedy in remedies)
    pair = _figure(note.before, language.say("fitting.before"), note.found.measured, language)
    pair += _figure(note.after, language.say("fitting.after"), note.sent, language)
    button = _button(note.path, [*note.agreed, *remedies], language.say("fitting.mend", what=what), "mend")
    return f"<div class='fit'>{sentences}<div class='pair'>{pair}</div>{button}</div>"


def _sent(note: Note, language: Language) -> str:
    """What goes to EvoLink, and the way back to the picture as it was."""
    done = [language.of("mended", remedy) for remedy in note.agreed]
    done += [language.say("fitting.turned")] if note.found.measured.rotated else []
    said = {"title": note.title, "picture": _described(note.sent, language)}
    line = (
        language.say("fitting.sent_changed", done=language.listed(done), **said)
        if done
        else language.say("fitting.sent", **said)
    )
    shown = f"<img src='{safe_value(note.after)}' alt=''>" if note.after else ""
    undo = _button(note.path, [], language.say("fitting.undo"), "undo") if note.agreed else ""
    return f"<div class='sent'>{shown}<p>{safe_text(line)} {undo}</p></div>"


def _figure(image: str, title: str, picture: Measured, language: Language) -> str:
    caption = language.titled(title, _described(picture, language))
    return f"<figure><img src='{safe_value(image)}' alt=''><figcaption>{safe_text(caption)}</figcaption></figure>"


def _described(picture: Measured, language: Language) -> str:
    return language.listed([f"{picture.width} × {picture.height}", picture.format, language.bytes(picture.bytes)])


def _button(path: Path, remedies: Sequence[str], words: str, look: str) -> str:
    where = safe_value(str(path))
    return (
        f"<button type='button' class='{look}' data-path='{where}' data-remedies='{' '.join(remedies)}'>"
        f"{safe_text(words)}</button>"
    )
