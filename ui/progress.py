"""The bar that tells how far something is, in escaped markup."""

from html import escape

from ui.languages import Language


def progress(percent: int, language: Language) -> str:
    """At nought it only says that something is going on."""
    name = escape(language.say("stage.progress"), quote=True)
    return (
        f"<div class='bar{'' if percent else ' unsure'}' role='progressbar' aria-label='{name}' aria-valuemin='0' "
        f"aria-valuemax='100' aria-valuenow='{percent}'><i style='width:{percent}%'></i></div>"
    )
