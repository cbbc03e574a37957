"""Everything that can go wrong between us and EvoLink.

EvoLinkError
├── SettingError          a key or a base address that cannot be used
├── AddressError          an address we do not speak to
├── PictureError          a picture EvoLink would not take
│   └── FetchFailed       a picture that did not come from its address
├── PasteError            a pasted text that holds no request
├── NotSent               no connection was made: nothing arrived, asking again is safe
├── OutcomeUnknown        a paid request may have arrived, its answer did not
├── Unavailable           a reading failed for now: network, 5xx, an answer that cannot be read
├── Refused               4xx: EvoLink understood and said no; nothing was charged
│   ├── KeyRefused        401, 403
│   ├── OutOfCredits      402
│   ├── NotFound          404
│   ├── TooLarge          413
│   └── TooManyRequests   429, with the seconds to wait
└── DeliveryError         the video's file did not come home
    ├── LinkExpired       403, 404 or 410: a fresh link may help
    ├── NotAVideo         what came is not an MP4
    └── DiskFull          no room for it here

`str(error)` is fit for a person and holds no remote text; what EvoLink said is in `detail`.
"""

from collections.abc import Mapping

from client.plain import plain


class EvoLinkError(Exception):
    """`code`: EvoLink's word for it or ours; `detail`: remote text on one line, 300 characters at most, without
    control and direction characters; never to be shown as markup. `status`: the HTTP status, if there was one."""

    def __init__(
        self,
        sentence: str,
        *,
        code: str = "",
        detail: str = "",
        status: int | None = None,
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = plain(code)[:100]
        self.detail = plain(detail)[:300]
        self.status = status
        self.request_id = plain(request_id)[:200]
        self.retry_after = retry_after


class SettingError(EvoLinkError):
    """A key or a base address that cannot be used. Says nothing of the key itself."""


class AddressError(EvoLinkError):
    """An address we do not speak to."""


class PictureError(EvoLinkError):
    """A picture EvoLink would not take. `code` names the rule, `values` what its sentence mentions: for translation."""

    def __init__(self, sentence: str, *, code: str = "", values: Mapping[str, int | float | str] | None = None) -> None:
        super().__init__(sentence, code=code)
        self.values = dict(values or {})


class FetchFailed(PictureError):
    """A picture that did not come from its address."""


class PasteError(EvoLinkError):
    """A pasted text that holds no request. `code` names the rule, for translation."""


class NotSent(EvoLinkError):
    """No connection was made: nothing arrived, asking again is safe."""


class OutcomeUnknown(EvoLinkError):
    """A paid request may have arrived, its answer did not. Never send it again by machine."""


class Unavailable(EvoLinkError):
    """A reading failed for now. Reading again is safe; `retry_after` says when, in seconds, if the service did."""


class Refused(EvoLinkError):
    """4xx: EvoLink understood and said no. Nothing was charged."""


class KeyRefused(Refused):
    """401 or 403."""


class OutOfCredits(Refused):
    """402."""


class NotFound(Refused):
    """404."""


class TooLarge(Refused):
    """413."""


class TooManyRequests(Refused):
    """429. `retry_after` holds the seconds to wait, if the service said."""


class DeliveryError(EvoLinkError):
    """The video's file did not come home. The link may still be good."""


class LinkExpired(DeliveryError):
    """403, 404 or 410 on the link: a fresh link may help."""


class NotAVideo(DeliveryError):
    """What came is not an MP4."""


class DiskFull(DeliveryError):
    """No room for the file here."""
