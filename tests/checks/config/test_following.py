"""`cortex config watch`: a line for each changed key of the chosen ConfigMaps."""

from dataclasses import replace

import anyio
import pytest

from checks.config import following
from checks.config.following import Line
from checks.errors import UsageError
from checks.kube.connection import Connection
from checks.target import Target
from tests.checks.kube.watch.scripted_api import Answer, ScriptedApi, bookmark, line, page, refusal, stream, thing
from tests.checks.world import declared

NAMESPACES = {"cortex-system": {"component": "system", "description": "Core"}}
START = (line("ADDED", thing("a", 1, k="1")), line("ADDED", thing("b", 2, k="1")), bookmark(7, listed=True))
CHANGES = (
    line("MODIFIED", thing("a", 8, k="2\x1b[31m")),
    line("MODIFIED", thing("b", 9, k="2", many="a\nb\n")),
    line("MODIFIED", thing("b", 10, k="2", many="a\nb\n", **{"a.json": "{"})),
    line("DELETED", thing("b", 11)),
    line("DELETED", thing("a", 12)),
)


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "TICK_SECONDS", 0.01)


def follow(monkeypatch: pytest.MonkeyPatch, name: str, *script: Answer, lines: int) -> tuple[list[Line], list[str]]:
    """Follow until so many lines were shown; give them, and what was said."""
    api = ScriptedApi([page(1, thing("a", 1), thing("b", 2)), *script])
    monkeypatch.setattr(Connection, "client", lambda _: api.client())
    declaration = declared(namespaces=NAMESPACES, servers={}, configMaps={}, resourceManager=None)
    connection = Connection("test", "https://api")
    shown, said = list[Line](), list[str]()

    def show(line: Line) -> bool:
        shown.append(line)
        return len(shown) < lines

    async def until_the_end() -> None:
        with anyio.fail_after(10):
            target = Target("test", declaration, connection)
            await following.follow(target, lambda: replace(connection), name, show, said.append)

    anyio.run(until_the_end)
    return shown, said


def texts(lines: list[Line]) -> list[str]:
    """Give the lines as text, without their times."""
    return [line.text().partition("  ")[2] for line in lines]


def test_each_changed_key_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, said = follow(monkeypatch, "", stream(*START, *CHANGES), lines=7)
    assert texts(lines) == [
        "ConfigMap x/a  k: 1 → 2 [31m",
        "ConfigMap x/b  k: 1 → 2",
        "ConfigMap x/b  many: (absent) → 4 bytes",
        "ConfigMap x/b  bad file, not valid: a.json is not JSON: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)",
        "ConfigMap x/b  k: 2 → (absent)  (ConfigMap deleted)",
        "ConfigMap x/b  many: 4 bytes → (absent)  (ConfigMap deleted)",
        "ConfigMap x/a  k: 2 [31m → (absent)  (ConfigMap deleted)",
    ]
    assert said == ["follows the ConfigMaps of cortex-system"]
    assert lines[2].after == "a\nb\n"


def test_only_the_chosen_one_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, _ = follow(monkeypatch, "a", stream(*START, *CHANGES), lines=2)
    assert [line.object.name for line in lines] == ["a", "a"]


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="there is no ConfigMap 'aa': known are a, b"):
        follow(monkeypatch, "aa", lines=1)


def test_what_prevents_following_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _, said = follow(monkeypatch, "a", refusal(503, "etcd is down"), stream(*START, *CHANGES), lines=1)
    assert said == [
        "the API server answered HTTP 503: etcd is down; trying again",
        "follows the ConfigMaps of cortex-system",
    ]
