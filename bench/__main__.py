"""`python -m bench [name ...]`: each speed as a ratio taken in one run. All of them without a name."""

import sys

from bench import callbacks, latency, library, rehearsal, render, startup, waiting

BENCHES = {
    "render": render.main,
    "rehearsal": rehearsal.main,
    "startup": startup.main,
    "latency": latency.main,
    "library": library.main,
    "waiting": waiting.main,
    "callbacks": callbacks.main,
}


def main(names: list[str]) -> None:
    for name in names or BENCHES:
        sys.stdout.write(f"\n{name}\n")
        sys.stdout.flush()
        BENCHES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
