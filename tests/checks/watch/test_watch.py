"""A watch tells each change once, takes nothing unseen for mended, and goes on where a round fails."""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import anyio
import pytest
from msgspec.structs import replace

from checks.errors import UncheckedError, UsageError
from checks.results.result import Finding, Report, Status, Suppressed, Unknown
from checks.watch import report as written
from checks.watch.loop import watch
from checks.watch.rounds import SCHEMA, Round, Rounds
from stacks.errors import DeclarationError
from tests.checks.formats.sample import FORBIDDEN, HEALTHY, IMAGE, NODES, OWNER, result
from tests.checks.reports import validate

Step = Report | Exception


def report(*findings: Finding, unknowns: Sequence[Unknown] = (), **parts: object) -> Report:
    state = Status.FAIL if findings else Status.UNKNOWN if unknowns else Status.PASS
    one = result("servers", "MCP servers", state, passed=1, findings=findings, unknowns=tuple(unknowns), **parts)
    return replace(HEALTHY, status=state, exit_code={"pass": 0, "fail": 1, "unknown": 3}[state], results=(one,))


def told(*reports: Report) -> Round:
    """Give the last of these rounds."""
    rounds = Rounds()
    return [rounds.after(one) for one in reports][-1]


def changes(one: Round) -> dict[str, list[str]]:
    findings = {"appeared": one.appeared, "changed": one.changed, "resolved": one.resolved}
    unknowns = {"unseen": one.unseen, "seen": one.seen}
    named = {name: [finding.code for finding in found] for name, found in findings.items()}
    named |= {name: [unknown.what for unknown in found] for name, found in unknowns.items()}
    return {name: found for name, found in named.items() if found}


def test_first_round_tells_all() -> None:
    assert changes(told(report(IMAGE, OWNER))) == {"appeared": ["server.image", "namespace.annotation"]}


def test_what_stands_is_told_once() -> None:
    assert changes(told(report(IMAGE), report(IMAGE))) == {}


def test_what_is_gone_is_resolved() -> None:
    assert changes(told(report(IMAGE, OWNER), report(OWNER))) == {"resolved": ["server.image"]}


def test_another_value_is_a_change() -> None:
    other = replace(IMAGE, actual="registry.test/time:3")
    assert changes(told(report(IMAGE), report(other))) == {"changed": ["server.image"]}


def test_two_findings_of_one_object_are_told_apart() -> None:
    second = replace(IMAGE, message="the image of another container is not as declared")
    assert changes(told(report(IMAGE), report(IMAGE, second))) == {"appeared": ["server.image"]}
    assert changes(told(report(IMAGE, second), report(second))) == {"resolved": ["server.image"]}


def test_unseen_is_not_resolved() -> None:
    dark = report(unknowns=[FORBIDDEN])
    assert changes(told(report(IMAGE), dark)) == {"unseen": [FORBIDDEN.what]}
    assert changes(told(report(IMAGE), dark, report(IMAGE))) == {"seen": [FORBIDDEN.what]}
    assert changes(told(report(IMAGE), dark, report())) == {"seen": [FORBIDDEN.what], "resolved": ["server.image"]}


def test_skipped_is_not_resolved() -> None:
    assert changes(told(report(IMAGE), report(skipped=1))) == {}
    assert changes(told(report(IMAGE), report(skipped=1), report())) == {"resolved": ["server.image"]}


def test_missing_check_is_not_resolved() -> None:
    assert changes(told(report(IMAGE), replace(HEALTHY, results=()), report(IMAGE))) == {}


def test_suppressed_is_not_resolved() -> None:
    assert changes(told(report(IMAGE), report(suppressed=(Suppressed(IMAGE, "known", "2026-12-01"),)))) == {}


class Stage:
    """Plays verifications, and counts how often was waited; whoever listens leaves after the last."""

    def __init__(self, *steps: Step) -> None:
        self.steps, self.waits = list(steps), 0
        self.rounds: list[Round] = []

    async def verify(self) -> Report:
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def tell(self, one: Round, of: Report | None) -> bool:
        assert (of is None) == (one.summary in ("no credential", "half saved and worse"))
        self.rounds.append(one)
        return bool(self.steps)

    async def wait(self) -> None:
        self.waits += 1

    def run(self) -> list[Round]:
        anyio.run(watch, self.verify, self.tell, self.wait, lambda: datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC))
        return self.rounds


def test_rounds_go_on_until_nobody_listens() -> None:
    stage = Stage(report(IMAGE), report(), report())
    assert [(one.round, one.exit_code) for one in stage.run()] == [(1, 1), (2, 0), (3, 0)]
    assert stage.waits == 2


@pytest.mark.parametrize(
    ("error", "code", "summary"),
    [
        (UncheckedError("no credential"), 3, "no credential"),
        (DeclarationError("half saved\nand worse"), 2, "half saved and worse"),
    ],
)
def test_round_that_fails_is_unknown_and_changes_nothing(error: Exception, code: int, summary: str) -> None:
    _, failed, after = Stage(report(IMAGE), error, report()).run()
    assert (failed.status, failed.exit_code, failed.summary) == (Status.UNKNOWN, code, summary)
    assert failed.time == "2026-11-24T01:02:03Z"
    assert changes(failed) == {}
    assert changes(after) == {"resolved": ["server.image"]}


def test_first_round_that_fails_ends_the_watch() -> None:
    with pytest.raises(UsageError):
        Stage(UsageError("no such stack"), report()).run()


def test_line_of_json_follows_its_schema() -> None:
    line = written.line(told(report(IMAGE), report(OWNER, unknowns=[FORBIDDEN])))
    assert line.count("\n") == 1
    one = json.loads(line)
    validate(one, SCHEMA)
    assert (one["schema"], one["round"], one["status"]) == ("cortex.dev/watch/v2", 2, "fail")
    assert [finding["code"] for finding in one["appeared"]] == ["namespace.annotation"]


def text(one: Round) -> list[str]:
    out = io.StringIO()
    written.write(one, out)
    return out.getvalue().splitlines()


def test_text_has_a_line_and_the_changes() -> None:
    hostile = replace(NODES, message="[red]\x1b[31m\n")
    assert text(told(report(IMAGE), report(hostile, unknowns=[FORBIDDEN]))) == [
        "01:00:00Z  fail     Not as declared: 1 error, 0 warnings, 1 unknown, in 400 ms "
        "(exit 1; `cortex explain CODE` tells more).",
        "  + error node.count  Cluster test: [red] [31m  (expected 2, actual 1)",
        "  + unknown  forbidden  " + FORBIDDEN.message,
        "    while    list pods in namespace cortex-mcp",
    ]
    assert text(told(report(IMAGE), report())) == [
        "01:00:00Z  pass     As declared: 1 assertion holds, in 400 ms.",
        "  - error server.image  Deployment cortex-mcp/time-mcp-server: the image is not as declared  resolved",
    ]
