"""Why nothing can be ordered at the moment."""


class NotNow(Exception):
    """Nothing was written down and nothing sent. The sentence is for a person; `code` finds it in their language."""

    code = ""


class LookedFor(NotNow):
    """The answer to exactly this order was lost a moment ago."""

    code = "looked_for"

    def __init__(self) -> None:
        super().__init__("This very order was sent a moment ago, and its answer is still looked for.")


class Closed(NotNow):
    """The database had to be built anew, and nobody has looked at it since."""

    code = "closed"

    def __init__(self) -> None:
        super().__init__("Orders are closed: the database had to be built anew. Open them again on the page.")
