"""What it would send: the request as JSON, curl and Python to copy, and a box to paste one into the form."""

from collections.abc import Callable
from typing import Any, NamedTuple

import gradio as gr
from gradio.components.base import Component
from pydantic import ValidationError

from client.errors import PasteError
from client.problems import Problem, problems
from client.schema import VideoRequest
from client.spelling import as_curl, as_json, as_python, from_json
from ui.events import QUICK
from ui.languages import Language, language
from ui.reckoning import Reckoning
from ui.refilling import Refilling
from ui.safe_text import safe_text


class Service(NamedTuple):
    """Where requests go: the addresses in the spelled-out request."""

    base_url: str
    files_url: str


class Sending:
    """Stands under Advanced. Knows no key: the commands read it from the environment of whoever runs them."""

    def __init__(self, service: Service, refilling: Refilling) -> None:
        self.service = service
        self.refilling = refilling

    def draw(self, spoken: Language) -> None:
        self.spelled = gr.HTML("", elem_id="spelled", js_on_load=None)
        self.paste = gr.Textbox(lines=3, max_lines=12, elem_id="paste", **_paste(spoken))
        self.told = gr.HTML("", elem_id="pasted", js_on_load=None)
        self.fill = gr.Button(spoken.say("sending.fill"), elem_id="fill", size="sm")

    def speak(self, spoken: Language) -> dict[Component, Any]:
        return {
            self.paste: gr.update(**_paste(spoken)),
            self.fill: gr.update(value=spoken.say("sending.fill")),
            self.told: "",
        }

    def wire(self, speech: Component) -> Any:
        """Returns what fills the form."""
        outputs = [self.told, *self.refilling.form.parts.values()]
        return self.fill.click(self.pasted, [speech, self.paste], outputs, **QUICK)

    def spell(self, reckoning: Reckoning, spoken: Language) -> str:
        """The request in three spellings, folded. Escaped markup."""
        body = dict(reckoning.body)
        spellings = {
            "JSON": as_json(body),
            "curl": as_curl(body, self.service.base_url, self.service.files_url),
            "Python": as_python(body, self.service.base_url, self.service.files_url),
        }
        blocks = "".join(_block(name, text, spoken) for name, text in spellings.items())
        return f"<h2>{safe_text(spoken.say('sending.title'))}</h2>{blocks}"

    async def pasted(self, code: str, text: str) -> list[Any]:
        """A sentence, and the form filled; or only the sentence when it holds no request."""
        spoken = language(code)
        try:
            request = VideoRequest.model_validate(from_json(text or ""), context={"pictures_optional": True})
        except PasteError as error:
            return self._refused(spoken.error(error))
        except ValidationError as error:
            return self._refused(_named(problems(error)[0], spoken.problem))
        filled = await self.refilling.filled(request, leave_unknown_pictures=True)
        return [f"<p class='sent'>{safe_text(spoken.say('sending.filled'))}</p>", *filled]

    def _refused(self, sentence: str) -> list[Any]:
        nothing = [gr.skip()] * len(self.refilling.form.parts)
        return [f"<p class='wrong' role='alert'>{safe_text(sentence)}</p>", *nothing]


def _paste(spoken: Language) -> dict[str, str]:
    return {"label": spoken.say("sending.paste"), "placeholder": '{"prompt": "…", "duration": 5}'}


def _named(problem: Problem, say: Callable[[Problem], str]) -> str:
    """A sentence with the field as the JSON calls it."""
    where = ".".join(map(str, problem.field))
    return f"{where}: {say(problem)}" if where else say(problem)


def _block(name: str, text: str, spoken: Language) -> str:
    copy = safe_text(spoken.say("sending.copy", name=name))
    return (
        f"<details class='spelling'><summary>{name}</summary><button type='button' class='copy' data-copy "
        f"data-copied='{safe_text(spoken.say('sending.copied'))}'>{copy}</button>"
        f"<pre tabindex='0' dir='ltr' aria-label='{name}'>{safe_text(text, lines=True)}</pre></details>"
    )
