"""The bar that tells how far something is, in escaped markup."""

from ui.languages import Language
from ui.safe_text import safe_text


def progress(percent: int, language: Language) -> str:
    """At nought it only says that something is going on."""
    name = safe_text(language.say("stage.progress"))
    return (
        f"<div class='bar{'' if percent else ' unsure'}' role='progressbar' aria-label='{name}' aria-valuemin='0' "
        f"aria-valuemax='100' aria-valuenow='{percent}'><i style='width:{percent}%'></i></div>"
    )
