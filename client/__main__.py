"""`python -m client doctor`: looks whether all is well between us and EvoLink."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from pydantic import ValidationError

from client.api import EvoLink
from client.doctor import examine
from client.errors import SettingError
from client.idempotency import Idempotency
from client.proving import NotProven, price, prove
from client.settings import ServiceSettings, told

SENTENCES = {
    Idempotency.PROVEN: "Proven: EvoLink made one thing of two orders with the same key. This is remembered.",
    Idempotency.ABSENT: "Absent: EvoLink made two things of two orders with the same key. This is remembered.",
    Idempotency.UNPROVEN: "Unproven: one thing was made, but EvoLink did not say that the second answer was a replay.",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit code: 0 when all is well, 1 when something is not, 2 for settings that will not do."""
    asked = _parser().parse_args(arguments)
    try:
        settings = ServiceSettings()
    except ValidationError as error:
        sys.stderr.write(f"{told(error)}\n")
        return 2
    findings = asyncio.run(examine(settings, time.time()))
    for finding in findings:
        _say(f"{'well ' if finding.well else 'WRONG'}  {finding.name:8} {finding.sentence}")
    _say(f"{'':5}  {'orders':8} Two orders with one key make one thing: {settings.idempotency}.")
    well = all(finding.well for finding in findings)
    if not asked.prove_idempotency:
        return 0 if well else 1
    if not well:
        _say("Nothing is ordered while something is wrong.")
        return 1
    return _prove(settings, agreed=asked.yes)


def _prove(settings: ServiceSettings, *, agreed: bool) -> int:
    once = price()
    _say(
        f"This orders the cheapest thing, an element, twice with one key. It costs about {once.normalize():f} credits "
        f"if EvoLink makes it once, {2 * once.normalize():f} if it makes it twice."
    )
    if not agreed:
        _say("Type yes to order it:")
        if sys.stdin.readline().strip().lower() != "yes":
            _say("Nothing was ordered.")
            return 1
    try:
        standing = asyncio.run(_order_twice(settings))
    except (NotProven, SettingError) as error:
        _say(str(error))
        return 1
    if standing is not Idempotency.UNPROVEN:
        settings.proofs.keep(settings.evolink_base_url, standing)
    _say(SENTENCES[standing])
    return 0


async def _order_twice(settings: ServiceSettings) -> Idempotency:
    assert settings.key
    async with EvoLink(
        settings.key, base_url=settings.evolink_base_url, files_url=settings.evolink_files_url
    ) as evolink:
        return await prove(evolink)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m client")
    doctor = parser.add_subparsers(required=True, metavar="doctor").add_parser(
        "doctor", help="look at key, balance, hosts and clock; spends nothing"
    )
    doctor.add_argument("--prove-idempotency", action="store_true", help="order something twice; says what it costs")
    doctor.add_argument("--yes", action="store_true", help="do not ask before ordering")
    return parser


if __name__ == "__main__":
    sys.exit(main())
