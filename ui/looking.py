"""What the form as it stands comes to, told around it: the bar, the button, the chips, the request in full."""

import asyncio
from decimal import Decimal
from typing import Any

import gradio as gr
from gradio.components.base import Component

from jobs.desk import Desk
from ui import batch, references
from ui.bar import bar, label
from ui.elements import Elements
from ui.form import Form
from ui.languages import language
from ui.reckoning import picked, reckon
from ui.sending import Sending

PATIENCE = 0.3
"""Seconds."""


class Looking:
    """Asks and tells; holds nothing of any person."""

    def __init__(self, desk: Desk, form: Form, elements: Elements, sending: Sending, *, sandbox: bool) -> None:
        self.desk = desk
        self.form = form
        self.elements = elements
        self.sending = sending
        self.sandbox = sandbox

    def event(self, owner: Component, speech: Component, several: Component, *told: Component) -> dict[str, Any]:
        """What an event is made of that looks at the form. `told`: the bar, the button and the chips."""
        return {
            "fn": self.look,
            "inputs": [owner, speech],
            "inputs_kwargs": self.form.parts | {batch.NAME: several},
            "outputs": [*told, self.sending.spelled],
            "preprocess": False,
        }

    async def look(self, owner: str, code: str, **values: Any) -> tuple[Any, ...]:
        """The bar, the button, the chips and the spelled-out request. Of a batch the first picture stands for all."""
        spoken, table = language(code), self.desk.prices
        reckoning = reckon(batch.standing(values), self.form.inputs, table, several=batch.count(values))
        named = await self.elements.named(owner, picked(values))
        balance = None if self.sandbox else await self._balance()
        return (
            bar(reckoning, table, balance, spoken, sandbox=self.sandbox),
            gr.update(value=label(reckoning, spoken, sandbox=self.sandbox)),
            references.chips(spoken, first=reckoning.first, references=reckoning.references, elements=named),
            self.sending.spell(reckoning, spoken),
        )

    async def _balance(self) -> Decimal | None:
        """What is known of it now: no form waits for a slow service, which is heard the next time."""
        asked = asyncio.create_task(self.desk.balance())
        await asyncio.wait({asked}, timeout=PATIENCE)
        return asked.result() if asked.done() else None
