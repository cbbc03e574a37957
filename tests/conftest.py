"""What every test may ask for."""

from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from _pytest.terminal import TerminalReporter


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--drill", action="store_true", help="the long drills, with the figures of a night")


@pytest.fixture(scope="session")
def drill(request: pytest.FixtureRequest) -> bool:
    """Whether the drills may take long."""
    return bool(request.config.getoption("--drill"))


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Adds to the figures of a drill that are printed at the end of all tests."""

    def count(name: str, **figures: int) -> None:
        request.node.user_properties.append(("drill", (name, figures)))

    return count


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for label, drilled in report.user_properties if report.when == "call" else ():
            if label == "drill":
                name, figures = drilled
                for figure, number in figures.items():
                    totals[name][figure] += number
    for name, figures in sorted(totals.items()):
        told = ", ".join(f"{number:,} {figure.replace('_', ' ')}" for figure, number in figures.items())
        terminalreporter.write_line(f"drill {name}: {told}")
