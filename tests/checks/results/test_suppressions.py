"""Accepted findings do not count and are never hidden; a suppression that ended, or is needed no more, is told of."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import anyio
import pytest

from checks.kube.connection import Connection
from checks.results.catalogue import catalogue
from checks.results.conclusion import exit_code, status
from checks.results.result import Report, Result, Selection, Severity, Status
from checks.results.suppressions import apply_suppressions
from checks.verification.verify import verify, verify_deployed
from stacks.model.suppression import Suppression
from tests.checks.fake_api import FakeApi, serve
from tests.checks.fake_api import status as answered
from tests.checks.world import Json, World, declared

TODAY = date(2026, 11, 24)
UNTIL = "2026-12-01"


def entry(code: str, obj: str = "*", until: str = UNTIL) -> Json:
    return {"code": code, "object": obj, "reason": "a node is being repaired", "until": until}


def suppression(code: str, obj: str = "*", until: str = UNTIL) -> Suppression:
    return Suppression.model_validate(entry(code, obj, until))


@pytest.fixture
def results() -> tuple[Result, ...]:
    world = World(declared())
    world.remove("nodes", "", "node-1")
    return world.results()


def test_suppressed_finding_is_moved_not_dropped(results: tuple[Result, ...]) -> None:
    after = apply_suppressions(results, [suppression("node.count", "Cluster *")], TODAY)
    assert [finding.code for result in after for finding in result.findings] == []
    (kept,) = (kept for result in after for kept in result.suppressed)
    assert (kept.finding.code, kept.reason, kept.until) == ("node.count", "a node is being repaired", UNTIL)
    assert (status(after), exit_code(after, Severity.WARNING)) == (Status.PASS, 0)


@pytest.mark.parametrize(
    ("code", "obj", "until", "covered"),
    [
        ("node.count", "*", UNTIL, True),
        ("node.*", "Cluster test", UNTIL, True),
        ("node.*", "Cluster t*", "2026-11-24", True),
        ("node.*", "*", "2026-11-23", False),
        ("node.not-ready", "*", UNTIL, False),
        ("node.count", "Cluster other", UNTIL, False),
        ("node.count", "Node *", UNTIL, False),
    ],
)
def test_code_object_and_day_decide(
    results: tuple[Result, ...], code: str, obj: str, until: str, covered: bool
) -> None:
    after = apply_suppressions(results, [suppression(code, obj, until)], TODAY)
    assert sum(len(result.suppressed) for result in after) == covered
    assert exit_code(after, Severity.ERROR) == (0 if covered else 1)


def test_what_a_suppressed_finding_explains_is_explained() -> None:
    world = World(declared())
    world.remove("namespaces", "", "cortex-mcp")
    after = apply_suppressions(world.results(), [suppression("namespace.missing")], TODAY)
    assert any(result.skipped for result in after)
    assert not any(result.unknowns for result in after)
    assert exit_code(after, Severity.ERROR) == 0


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers={}, configMaps={}))) as api:
        yield api


def verified(api: FakeApi, *entries: Json, selection: Selection | None = None) -> Report:
    """Verify with these suppressions, deployed as well, on a fixed day."""
    declaration = declared(servers={}, configMaps={}, suppressions=list(entries))
    api.world.objects["configmaps", "cortex-system"] = World(declaration).objects["configmaps", "cortex-system"]

    async def run() -> Report:
        connection = Connection("test", api.url)
        return await verify("test", declaration, connection, Severity.ERROR, selection or Selection(), clock)

    return anyio.run(run)


def clock() -> datetime:
    return datetime(2026, 11, 24, 23, 59, tzinfo=UTC)


def own(report: Report) -> list[tuple[str, str]]:
    """Give the codes and objects of the row of the suppressions."""
    return [
        (f.code, str(f.object)) for result in report.results if result.name == "suppressions" for f in result.findings
    ]


USED = entry("node.count", until="2026-11-24")
EXPIRED = entry("node.count", until="2026-11-23")
UNUSED = entry("server.*", "Deployment cortex-mcp/*")


@pytest.mark.usefixtures("patient")
def test_used_suppression_makes_the_report_ok(api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    report = verified(api, USED)
    assert (report.status, report.exit_code, len(report.suppressed), own(report)) == (Status.PASS, 0, 1, [])
    assert report.results[-1].passed == 2


def test_ended_suppression_counts_no_more_and_is_told_of(api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    report = verified(api, EXPIRED)
    assert (report.exit_code, report.suppressed) == (1, ())
    assert own(report) == [("suppression.expired", "Suppression node.count")]


def test_unused_suppression_is_told_of(api: FakeApi) -> None:
    report = verified(api, UNUSED)
    assert own(report) == [("suppression.unused", "Suppression server.* on Deployment cortex-mcp/*")]
    assert report.exit_code == 0, "it is a warning"


@pytest.mark.parametrize(
    "selection", [Selection(checks=("servers", "suppressions")), Selection(namespaces=("cortex-mcp",))]
)
def test_selection_makes_no_suppression_unused(api: FakeApi, selection: Selection) -> None:
    assert own(verified(api, UNUSED, selection=selection)) == []


def test_unknown_makes_no_suppression_unused(api: FakeApi) -> None:
    api.faults["/api/v1/nodes"] = [answered(403, "no")]
    report = verified(api, UNUSED)
    assert (report.exit_code, own(report)) == (3, [])


def test_without_suppressions_there_is_no_row(api: FakeApi) -> None:
    assert [result.name for result in verified(api).results if result.name == "suppressions"] == []


def test_in_the_cluster_an_unknown_code_leaves_all_unknown() -> None:
    plain = declared(servers={}, configMaps={})
    declaration = plain.model_copy(update={"suppressions": (suppression("later.code"),)})
    with serve(World(declaration)) as api:
        report = anyio.run(verify_deployed, Connection("in-cluster", api.url, inside=True), Severity.ERROR)
    assert (report.status, report.exit_code) == (Status.UNKNOWN, 3)
    (unknown,) = report.unknowns
    assert "cortex:suppressions.0.code: no finding has the code 'later.code'" in unknown.message


def test_every_code_of_the_family_is_provoked_here(api: FakeApi) -> None:
    provoked = {code for suppressed in (EXPIRED, UNUSED) for code, _ in own(verified(api, suppressed))}
    assert provoked == {code for code in catalogue() if code.startswith("suppression.")}
