"""What can go wrong while a film is made."""


class RenderError(Exception):
    """The film could not be made. `code` is the contract's word for a failed task; `str(error)` is fit for a person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
