"""What is left to spend."""

from decimal import Decimal

from client.answers import CreditsData, Purse


def left(told: CreditsData) -> Decimal | None:
    """The smaller of what the key may spend and what the account holds, as far as they are told and limited."""
    limits = [limit for limit in (_limit(told.token), _limit(told.user)) if limit is not None]
    return min(limits, default=None)


def _limit(told: Purse | None) -> Decimal | None:
    if told is None or told.unlimited_credits or told.remaining_credits is None:
        return None
    return Decimal(str(told.remaining_credits))
