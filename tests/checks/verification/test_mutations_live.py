"""A drift alone is found, by its code and object, and nothing else is said: the score stands at the end of the run.

All that a program can put right are found beside others, too (`tests/checks/repair/test_remedies_live.py`), so that of
these only some are made alone, but for an exhaustive run.
"""

import json
import os
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from unittest import mock

import anyio
import pytest

from checks.kube.connection import Connection, from_kubeconfig
from checks.results.result import Finding, Remedy, Report, Severity
from checks.verification.verify import verify
from stacks.loader import load
from stacks.model.declaration import Declaration
from tests.checks.mutations.live import Live, Place
from tests.checks.mutations.mutation import Mutation
from tests.checks.mutations.table import ELSEWHERE, MCP, MUTATIONS, ROLLING
from tests.checks.verification.test_verify_live import OF_THE_MOMENT
from tests.conftest import Cluster
from tests.extent import EXHAUSTIVE

pytestmark = pytest.mark.live

IMAGE = "jsonpath={.spec.template.spec.containers[0].image}"
ALONE = 1 if EXHAUSTIVE else 6
"""Of the mutations that a program can put right, each one of so many is made alone."""
SETTLED_SECONDS = 120
"""Longest wait until the stack is as declared again: a rollout, and pods that end."""


@dataclass
class Score:
    """How many mutations were found, and how many findings were about nothing."""

    tried: int = 0
    found: int = 0
    false_alarms: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"mutations alone: {self.found} of {self.tried} found, {len(self.false_alarms)} false alarms"


@dataclass(frozen=True)
class Stack:
    """The deployed stack, its declaration, and the way to it."""

    declaration: Declaration
    connection: Connection

    async def verified(self) -> Report:
        return await verify("local", self.declaration, self.connection, Severity.WARNING)

    async def settled(self) -> Report:
        """Verify until nothing is found, or the time is up."""
        with anyio.move_on_after(SETTLED_SECONDS):
            while found(report := await self.verified()) or report.unknowns:
                await anyio.sleep(0.5)
        return report


def alone() -> Iterator[tuple[int, Mutation]]:
    """Yield the number of each mutation that is made alone, and the mutation."""
    for number, mutation in enumerate(MUTATIONS):
        if mutation.remedy is Remedy.PERSON or number % ALONE == 0:
            yield number, mutation


def found(report: Report) -> list[Finding]:
    """Give the findings but those that a busy machine, or a scheduled run during a mutation, may bring about."""
    return [finding for finding in report.findings if finding.code not in OF_THE_MOMENT]


@pytest.fixture(scope="module")
def declared(stack: Cluster) -> Stack:
    with mock.patch.dict(os.environ, stack.env):
        declaration = load("local", stack.root)
    connection = from_kubeconfig(declaration.cluster.context, stack.kubeconfig)
    # Trying the policies takes ten seconds each time, and has tests of its own.
    return Stack(declaration, replace(connection, read_only=True))


@pytest.fixture(scope="module")
def score(request: pytest.FixtureRequest) -> Iterator[Score]:
    score = Score()
    yield score
    plugins = request.config.pluginmanager
    terminal, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    assert terminal is not None
    assert capture is not None
    # What a fixture writes while it ends is captured, and shown only of a test that fails.
    with capture.global_and_fixture_disabled():
        terminal.write_line(f"\n{score}")


def test_the_healthy_stack_raises_no_alarm(declared: Stack) -> None:
    report = anyio.run(declared.settled)
    assert [_text(finding) for finding in found(report)] == []
    assert report.unknowns == ()


@pytest.mark.parametrize("mutation", [pytest.param(one, id=f"{n}-{one.code}") for n, one in alone()])
def test_mutation_is_found_and_nothing_else(declared: Stack, score: Score, mutation: Mutation) -> None:
    # One that cannot even be tried counts as not found.
    score.tried += 1
    findings, healed = anyio.run(partial(_mutated, declared, mutation))
    hit = [finding for finding in findings if (finding.code, str(finding.object)) == (mutation.code, mutation.object)]
    others = [finding for finding in findings if finding not in hit and finding.code not in mutation.besides]
    score.found += bool(hit)
    score.false_alarms += map(_text, others)
    assert hit, [_text(finding) for finding in findings]
    assert [_text(finding) for finding in others] == []
    assert [_text(finding) for finding in found(healed)] == []
    assert healed.unknowns == ()


def test_another_image_in_a_pod_is_found(declared: Stack, stack: Cluster) -> None:
    """No controller minds it, and the Deployment is as declared: another server answers in the declared one's place."""
    images = declared.declaration.images()
    listed = stack.run("kubectl", "-n", MCP, "get", "pods", "-l", "mcp.cortex.dev/type=time", "-o", "json")
    # A mutation before may have left one that is on its way out.
    here = [one["metadata"] for one in json.loads(listed.stdout)["items"]]
    pod = next(f"pod/{one['name']}" for one in here if "deletionTimestamp" not in one)
    other = stack.run("kubectl", "-n", MCP, "get", "deployment", "kubernetes-mcp-server", "-o", IMAGE).stdout
    assert other.startswith(images["servers.kubernetes.image"])
    stack.run("kubectl", "-n", MCP, "set", "image", pod, f"time-mcp-server={other}")
    try:
        findings = found(anyio.run(declared.verified))
        assert ("server.image", f"Pod {MCP}/{pod.removeprefix('pod/')}") in {(f.code, str(f.object)) for f in findings}
        assert {f.code for f in findings} - {"server.image", "container.restarts"} - ROLLING - ELSEWHERE == set()
    finally:
        stack.run("kubectl", "-n", MCP, "delete", pod, "--now")
    assert [_text(finding) for finding in found(anyio.run(declared.settled))] == []


async def _mutated(stack: Stack, mutation: Mutation) -> tuple[list[Finding], Report]:
    async with stack.connection.client() as client:
        async with _change(Live(client), mutation):
            report = await stack.verified()
            with anyio.move_on_after(mutation.within):
                while mutation.code not in {finding.code for finding in report.findings}:
                    await anyio.sleep(0.5)
                    report = await stack.verified()
            if any(finding.code not in {mutation.code, *mutation.besides} for finding in found(report)):
                report = await stack.verified()  # what came of one answer too late is gone by now
        return found(report), await stack.settled()


def _change(live: Live, mutation: Mutation) -> AbstractAsyncContextManager[None]:
    place = Place(mutation.object)
    if mutation.change is None:
        return live.deleted(place)
    if isinstance(mutation.change, dict):
        return live.created(place, mutation.change)
    return live.edited(place, mutation.change)


def _text(finding: Finding) -> str:
    return f"{finding.code} {finding.object}: {finding.message}"
