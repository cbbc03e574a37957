"""Where EvoLink is asked to call back, and whether its calls come through."""

from typing import Final

from client.elements import ElementRequest
from client.schema import VideoRequest
from jobs.job import Job
from jobs.states import State

PATH: Final = "/callback"
"""Below the public origin; a job's own token follows."""
AWAITED: Final = frozenset({State.SUBMITTING, State.UNKNOWN, State.SUBMITTED, State.STALLED})
"""The states in which a call is news."""


class Callbacks:
    """`origin`: where this app is reached from outside, an https address that was checked. None: nobody is to call.

    What stands between may keep calls away, so nobody relies on them before the first has come, and not after a task
    has ended without one.
    """

    def __init__(self, origin: str | None = None) -> None:
        self._origin = origin
        self._come = False
        self._called: set[str] = set()

    def asked(self, job: Job) -> VideoRequest | ElementRequest:
        """The request as it is to be sent: with the job's own address, unless the person has named one."""
        if self._origin is None or job.request.callback_url:
            return job.request
        return job.request.model_copy(update={"callback_url": self._address(job)})

    def heard(self, job: Job) -> None:
        """A call for this job has come."""
        self._come = True
        if job.state in AWAITED:
            self._called.add(job.id)

    def ended(self, job: Job) -> None:
        """Somebody has seen that the task of this job has ended."""
        if self._expected(job):
            self._come = job.id in self._called
        self._called.discard(job.id)

    def relied_on(self, job: Job) -> bool:
        """Whether a call will tell of the end, as far as one can know. There is only one: when the task still seems to
        be under way after it, nobody will tell."""
        return self._come and self._expected(job) and job.id not in self._called

    def _expected(self, job: Job) -> bool:
        return self._origin is not None and self._address(job) in (job.body or "")

    def _address(self, job: Job) -> str:
        return f"{self._origin}{PATH}/{job.callback_token}"
