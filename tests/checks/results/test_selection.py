"""A selection refuses what does not exist, shows only what was asked for, and makes nothing better by leaving out."""

from collections.abc import Iterator, Sequence

import anyio
import pytest

from checks.errors import UsageError
from checks.kube.connection import Connection
from checks.kube.reading import Reason
from checks.results.conclusion import exit_code
from checks.results.result import Report, Selection, Severity, Status
from checks.results.selection import narrowed, shown, validate
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.snapshot.take import take
from checks.verification.checks import checks
from checks.verification.verify import verify
from tests.checks.fake_api import FakeApi, serve
from tests.checks.world import World, declared

MCP, SYSTEM = Selection(namespaces=("cortex-mcp",)), Selection(namespaces=("cortex-system",))


@pytest.fixture
def world() -> World:
    return World(declared())


def test_rows_are_named_like_their_judges(world: World) -> None:
    assert [result.name for result in world.results()] == [check.name for check in checks()]


def test_only_the_chosen_rows_are_judged(world: World) -> None:
    with serve(world) as api:
        connection = Connection("test", api.url)
        asked = Selection(checks=("config", "namespaces"))
        report = anyio.run(verify, "test", world.declaration, connection, Severity.ERROR, asked)
    assert [result.name for result in report.results] == ["namespaces", "config"]


@pytest.fixture(scope="module")
def whole() -> Snapshot:
    """What all checks together read."""
    return taken(checks())


def taken(some: Sequence[Check]) -> Snapshot:
    declaration = declared(servers={}, configMaps={})
    with serve(World(declaration)) as api:
        return anyio.run(take, declaration, Connection("test", api.url), some)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("check", checks(), ids=lambda check: check.name)
def test_a_check_alone_reads_all_that_it_needs(check: Check, whole: Snapshot) -> None:
    """Whatever a judge looks at is read for it: what was left out would be unknown."""
    declaration = declared(servers={}, configMaps={})
    result = check.run(declaration, taken([check]))
    among = check.run(declaration, whole)
    assert (result.status, result.passed, result.unknowns) == (among.status, among.passed, ())


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        (
            Selection(checks=("servers", "nodes")),
            "--only: 'nodes' is not a check: choose from connection, namespaces, ",
        ),
        (Selection(checks=("",)), "--only: '' is not a check: choose from "),
        (
            Selection(namespaces=("default",)),
            "--namespace: 'default' is not a declared namespace: choose from cortex-system, cortex-mcp",
        ),
    ],
)
def test_what_does_not_exist_is_refused(world: World, selection: Selection, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        validate(selection, world.declaration, [check.name for check in checks()])
    assert str(refused.value).startswith(sentence)


def test_namespaces_share_out_what_holds(world: World) -> None:
    whole = {result.name: result for result in world.results()}
    for result in whole.values():
        assert sum(counts.passed for counts in result.by_namespace.values()) == result.passed
    parts = [{result.name: result for result in narrowed(world.results(), selection)} for selection in (MCP, SYSTEM)]
    assert "connection" not in parts[0]
    assert parts[0]["namespaces"].passed + parts[1]["namespaces"].passed == whole["namespaces"].passed
    assert 0 < parts[0]["servers"].passed <= whole["servers"].passed
    assert {result.status for part in parts for result in part.values()} <= {Status.PASS, Status.SKIPPED}


def test_findings_elsewhere_do_not_count(world: World) -> None:
    world.one("namespaces", "", "cortex-mcp")["metadata"]["labels"]["environment"] = "other"
    world.remove("nodes", "", "node-0")
    (finding,) = (finding for result in narrowed(world.results(), MCP) for finding in result.findings)
    assert str(finding.object) == "Namespace cortex-mcp"
    assert exit_code(narrowed(world.results(), MCP), Severity.ERROR) == 1
    assert exit_code(narrowed(world.results(), SYSTEM), Severity.ERROR) == 0


def test_what_is_unknown_everywhere_is_unknown_of_each(world: World) -> None:
    world.deny("pods", "", Reason.UNREACHABLE)
    for namespace in declared().namespaces:
        world.deny("pods", namespace, Reason.UNREACHABLE)
    for selection in (MCP, SYSTEM):
        assert exit_code(narrowed(world.results(), selection), Severity.ERROR) == 3


def test_what_another_namespaces_fault_explains_does_not_count_here(world: World) -> None:
    world.remove("namespaces", "", "cortex-mcp")
    assert exit_code(narrowed(world.results(), SYSTEM), Severity.ERROR) == 0
    assert exit_code(narrowed(world.results(), MCP), Severity.ERROR) == 1


def test_hidden_warnings_are_counted_and_make_nothing_ok(world: World) -> None:
    world.one("namespaces", "", "cortex-mcp")["metadata"]["annotations"].clear()
    (result,) = (result for result in shown(world.results(), Selection(severity=Severity.ERROR)) if result.omitted)
    assert (result.name, result.status, result.findings) == ("namespaces", Status.FAIL, ())
    assert shown(world.results(), Selection()) == world.results()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers={}, configMaps={}))) as api:
        yield api


def verified(api: FakeApi, selection: Selection, fail_on: Severity = Severity.ERROR) -> Report:
    return anyio.run(verify, "test", api.world.declaration, Connection("test", api.url), fail_on, selection)


def test_report_is_of_the_selection_alone(api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    report = verified(api, Selection(checks=("declaration",)))
    assert ([result.name for result in report.results], report.exit_code) == (["declaration"], 0)
    assert report.selection == Selection(checks=("declaration",))


def test_selection_of_nothing_is_no_pass(api: FakeApi) -> None:
    report = verified(api, Selection(checks=("connection",), namespaces=("cortex-mcp",)))
    assert (report.status, report.exit_code, report.results) == (Status.UNKNOWN, 3, ())
    assert report.gap == "nothing was checked: the selection covers nothing that can be checked here"


def test_hidden_warning_still_fails_if_asked_to(api: FakeApi) -> None:
    api.world.one("namespaces", "", "cortex-mcp")["metadata"]["annotations"].clear()
    report = verified(api, Selection(severity=Severity.ERROR), Severity.WARNING)
    assert (report.exit_code, report.findings) == (1, ())
