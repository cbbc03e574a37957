"""Hostile pictures, tried in a process of its own: run as a module, it prints what came of them as JSON."""

import json
import random
import resource
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from client.errors import PictureError
from client.faults import ORDER
from client.pictures import examine, prepare, thumbnail
from tests.client.drawn import bombs, chunk, kinds, oddities

MUTANTS = 5000
ADDRESS_SPACE = 1 << 30
"""Bytes that the process may ask for. A picture set aside before it is measured does not fit in."""

BENCH = Path("/dev/shm")
"""In memory: so many small files take long on a disk."""


def mutants(count: int) -> Iterator[tuple[str, bytes]]:
    """The same ones every time: bytes changed, pieces cut out, doubled or set to an extreme, ends cut off."""
    dice = random.Random(4)
    whole = list(kinds().items())
    for number in range(count):
        name, content = whole[number % len(whole)]
        mutant = bytearray(content)
        for _ in range(dice.choice((1, 1, 2, 4, 12))):
            # Headers decide the most, and they stand in front.
            end = len(mutant) if dice.random() < 0.5 else min(len(mutant), 400)
            place, length = dice.randrange(2, end), dice.choice((1, 2, 4, 8))
            match dice.randrange(5):
                case 0:
                    mutant[place : place + length] = dice.randbytes(length)
                case 1:
                    mutant[place : place + length] = bytes([dice.choice((0, 0x7F, 0x80, 0xFF))]) * length
                case 2 if len(mutant) > 100:
                    del mutant[place : place + length]
                case 3:
                    mutant[place:place] = mutant[place : place + 8 * length]
                case _:
                    mutant[place] ^= 1 << dice.randrange(8)
        if content.startswith(b"\x89PNG") and dice.random() < 0.7:
            mutant = mended(mutant)
        yield name, bytes(mutant[: dice.randint(12, len(mutant))] if dice.random() < 0.2 else mutant)


def mended(mutant: bytearray) -> bytearray:
    """A PNG whose check sums agree again: otherwise none of them would get far."""
    mended, place = mutant[:8], 8
    while place < len(mutant):
        length = int.from_bytes(mutant[place : place + 4], "big")
        mended += chunk(bytes(mutant[place + 4 : place + 8]), bytes(mutant[place + 8 : place + 8 + length]))
        place += length + 12
    return mended


def tried(content: bytes, bench: Path) -> str:
    """What examining, showing and preparing came to, each `fit` or the code of our error. Others get out."""
    path = bench / "picture"
    path.write_bytes(content)
    codes = []
    for attempt in (lambda: examine(path), lambda: thumbnail(path), lambda: prepare(path, bench / "ready", ORDER)):
        try:
            attempt()
            codes.append("fit")
        except PictureError as error:
            codes.append(error.code)
    return " ".join(codes)


def peak() -> int:
    """The most memory this process ever held, in bytes."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    warnings.simplefilter("ignore")
    before = peak()
    strangers: list[str] = []
    outcomes: dict[str, Counter[str]] = {}
    with TemporaryDirectory(dir=BENCH if BENCH.is_dir() else None) as folder:
        claimed = {name: tried(content, Path(folder)) for name, content in bombs().items()}
        odd = {name: tried(content, Path(folder)) for name, content in oddities()}
        grown = peak() - before
        for name, content in mutants(MUTANTS):
            try:
                outcomes.setdefault(name, Counter())[tried(content, Path(folder))] += 1
            except Exception as error:
                strangers.append(f"{name}: {error!r}")
    told = {"bombs": claimed, "oddities": odd, "grown": grown}
    json.dump(told | {"mutants": outcomes, "strangers": strangers, "peak": peak()}, sys.stdout)


if __name__ == "__main__":
    main()
