"""What can trouble a job, in one sentence each: passing notes, and the reasons of its ends."""

from client.answers import Task
from client.errors import EvoLinkError, KeyRefused, LinkExpired, NotFound
from client.plain import plain
from jobs.job import NO_ELEMENT, NO_FILE, Kind, Trouble

WAITING = Trouble("waiting", "EvoLink is busy and asked us to wait a moment.")
UNREACHABLE_FOR_NOW = Trouble("unreachable_for_now", "EvoLink cannot be reached right now. We keep trying.")
UNREACHABLE = Trouble("unreachable", "EvoLink could not be reached. Nothing was ordered.")
PICTURE_GONE = Trouble("picture_gone", "One of the pictures is no longer here. Choose it again.")
INTERRUPTED = Trouble("interrupted", "The program stopped while the order was on its way. It was not sent again.")
ASKING_AGAIN = Trouble("asking_again", "The answer was lost. The order is asked for once more, with the same key.")
HELD = Trouble("held", "The last order was dearer than said. This one waits until somebody agrees.")
FOUND_MEANWHILE = Trouble("found_meanwhile", "The first order was found after all. Nothing was ordered again.")
NOT_KNOWN = Trouble("task_not_found", "EvoLink does not know this order. We look again from time to time.")
NOT_KNOWN_ANY_MORE = Trouble(
    "no_longer_known", "EvoLink does not know this order any more. We look again from time to time."
)
OTHER_KEY = Trouble("other_key", "This was ordered with another key. With that key, it goes on.")
NO_END_IN_SIGHT = Trouble("stalled", "This takes much longer than usual. We look again from time to time.")
MADE_IN_VAIN = {
    Kind.VIDEO: Trouble(NO_FILE, "EvoLink says the video is made, but gives no file."),
    Kind.ELEMENT: Trouble(NO_ELEMENT, "EvoLink says the element is made, but gives no id for it."),
}
CANCELLED = Trouble("cancelled", "EvoLink cancelled the order.")
DISK_FULL = Trouble("disk_full", "There is no room for the video here. We try again every minute.")
DELIVERY_DELAYED = Trouble("delivery_delayed", "The video is made, but does not come through yet. We keep trying.")
TOO_SHORT = Trouble("too_short", "The video is shorter than ordered. It is kept, and fetched again to be sure.")


def refusal(error: EvoLinkError) -> Trouble:
    """Why the service said no."""
    return Trouble(error.code or "refused", str(error), error.detail, error.request_id)


def lost_answer(error: EvoLinkError) -> Trouble:
    """Why nobody knows whether the paid request arrived. EvoLink's own word for it, if any, goes to the details."""
    details = " ".join(part for part in (error.code, error.detail) if part)
    return Trouble("outcome_unknown", str(error), details, error.request_id)


def unreadable(error: EvoLinkError) -> Trouble:
    """Why a task cannot be read until somebody helps. The code tells a refused key from the rest."""
    code = "key_refused" if isinstance(error, KeyRefused) else error.code or "refused"
    return Trouble(code, f"{error} We keep looking.", error.detail, error.request_id)


def new_state(task: Task) -> Trouble:
    """The service names a state that nobody here knows; what it says is for the details only."""
    said = plain(task.said or "")[:60]
    return Trouble("new_state", "EvoLink tells of a state we do not know. We keep looking.", said)


def dead_link(error: EvoLinkError) -> Trouble:
    """Why the last link did not bring the file."""
    if isinstance(error, LinkExpired | NotFound):
        return Trouble("link_expired", "The video was made, but its link no longer works.", error.detail)
    return Trouble(error.code, str(error), error.detail)


def failure(task: Task) -> Trouble:
    """Why the service gave up. What it says is for the details only."""
    error = task.error
    code = plain((error and error.code) or "unknown_error")[:100]
    message = plain((error and error.message) or "")[:300]
    return Trouble(code, "EvoLink could not make it.", message, plain(task.request_id or "")[:200])
