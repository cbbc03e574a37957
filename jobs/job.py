"""The record of one video or element."""

import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from client.elements import ElementRequest
from client.schema import VideoRequest
from jobs import pace
from jobs.states import RESTING, Money, State, money


class Kind(StrEnum):
    """What is ordered."""

    VIDEO = "video"
    ELEMENT = "element"
    """Comes as an id; there is no file."""


NO_FILE = "no_file"
"""The code of a video that is made but has no file."""
NO_ELEMENT = "no_element"
"""The code of an element that is made but has no id."""
MADE_IN_VAIN = frozenset({NO_FILE, NO_ELEMENT})
"""The failures that may have cost something."""


@dataclass(frozen=True)
class Trouble:
    """What went wrong, or is going wrong: a code for the words, and the folded-away details (remote text, unsafe)."""

    code: str
    sentence: str
    detail: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Job:
    """One row. Times are unix seconds by our own clock; `version` grows by one with every write."""

    id: str
    token: str
    """The secret of the addresses of its video and poster: 32 random bytes, URL-safe."""
    owner: str
    nonce: str
    request: VideoRequest | ElementRequest
    idempotency_key: str
    callback_token: str
    state: State
    version: int
    created: float
    changed: float
    uploads: dict[str, str] = field(default_factory=dict)
    """Address on EvoLink for each picture already sent up, by its name on our shelf."""
    body: str | None = None
    """The exact JSON that is sent, written before it is."""
    task_id: str | None = None
    progress: int = 0
    estimated_seconds: float | None = None
    credits_estimated: float | None = None
    """By our own reckoning, before the order."""
    credits_reserved: float | None = None
    credits_charged: float | None = None
    link: str | None = None
    video: str | None = None
    """Name of the file on our shelf."""
    video_seconds: float | None = None
    """How long the film itself says it lasts; 0 when it does not say."""
    element_id: str | None = None
    """By which a video calls the element."""
    hidden: bool = False
    """Its owner wants to see it no more: an element is kept by EvoLink, a video is deleted here."""
    starred: bool = False
    sent: float | None = None
    """When the paid request went out."""
    credits_before: float | None = None
    """The balance just before that, if it was known."""
    credits_after: float | None = None
    """The balance when it was looked at after the answer was lost, or after a failure."""
    dearer: bool = False
    """EvoLink set aside clearly more for it than was said, and nobody has agreed to that yet."""
    key_mark: str | None = None
    """Which key it was ordered with: a fingerprint, never the key."""
    task_hint: str | None = None
    """The task that a callback with this job's token named before the answer to the request did."""
    looks: int = 0
    """How often evidence was looked for since the answer was lost."""
    candidates: tuple[str, ...] = ()
    """Tasks of the account that may be this job's, when there are several."""
    sent_again: str | None = None
    """The job that a person sent in its place."""
    trouble: Trouble | None = None
    submitted: float | None = None
    ready: float | None = None
    """When its present link was received."""
    ended: float | None = None

    @property
    def kind(self) -> Kind:
        return Kind.ELEMENT if isinstance(self.request, ElementRequest) else Kind.VIDEO

    @property
    def looking(self) -> bool:
        """Its answer was lost, and we still look by ourselves for what became of it."""
        return self.state is State.UNKNOWN and self.sent is not None and self.looks < len(pace.EVIDENCE)

    @property
    def deleted(self) -> bool:
        """A video of which nothing is left here but what it cost. A hidden element is still there."""
        return self.hidden and self.kind is Kind.VIDEO

    @property
    def resting(self) -> bool:
        return self.state in RESTING and not self.looking

    @property
    def money(self) -> Money:
        """As the state says, unless EvoLink told of a charge, or says that all is made and gives nothing. Nobody
        promises that what was cancelled is free."""
        if self.state in {State.FAILED, State.CANCELLED}:
            if self.credits_charged is not None and self.state is State.CANCELLED:
                return Money.CHARGED if self.credits_charged else Money.NOT_CHARGED
            if self.credits_charged:
                return Money.CHARGED
            if self.trouble and self.trouble.code in MADE_IN_VAIN:
                return Money.UNKNOWN
        return money(self.state)

    @property
    def seen(self) -> tuple[object, ...]:
        """What a person can tell one record from another by."""
        return (
            self.state,
            self.looking,
            self.progress,
            self.trouble,
            self.task_id,
            self.estimated_seconds,
            self.credits_reserved,
            self.credits_charged,
            self.video,
            self.element_id,
            self.hidden,
            self.candidates,
            self.sent_again,
            self.dearer,
        )


def new_job(
    request: VideoRequest | ElementRequest,
    *,
    owner: str,
    nonce: str,
    now: float,
    credits_estimated: float | None = None,
) -> Job:
    """A job with its own secrets, not yet written down."""
    return Job(
        id=secrets.token_hex(16),
        token=secrets.token_urlsafe(32),
        owner=owner,
        nonce=nonce,
        request=request,
        idempotency_key=f"vid_{secrets.token_hex(16)}",
        callback_token=secrets.token_urlsafe(32),
        state=State.NEW,
        version=1,
        created=now,
        changed=now,
        credits_estimated=credits_estimated,
    )
