"""Each drift is found, by its code and object, and nothing else is said: the score stands at the end of the run."""

import os
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from unittest import mock

import anyio
import pytest

from checks.access import Access, from_kubeconfig
from checks.findings import Finding, Report, Severity
from checks.verify import OK, verify
from stacks.loader import load
from stacks.model import Declaration
from tests.checks.mutations.live import Live, Place
from tests.checks.mutations.table import MUTATIONS, Mutation
from tests.conftest import Cluster

pytestmark = pytest.mark.live

SETTLED_SECONDS = 120
"""Longest wait until the stack is as declared again: a rollout, and pods that end."""


@dataclass
class Score:
    """How many mutations were found, and how many findings were about nothing."""

    tried: int = 0
    found: int = 0
    false_alarms: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"mutations: {self.found} of {self.tried} found, {len(self.false_alarms)} false alarms"


@dataclass(frozen=True)
class Stack:
    """The deployed stack, its declaration, and the way to it."""

    declaration: Declaration
    access: Access

    async def verified(self) -> Report:
        return await verify("local", self.declaration, self.access, Severity.WARNING)

    async def settled(self) -> Report:
        """Verify until nothing is found, or the time is up."""
        with anyio.move_on_after(SETTLED_SECONDS):
            while (report := await self.verified()).exit_code != OK:
                await anyio.sleep(0.5)
        return report


@pytest.fixture(scope="module")
def declared(stack: Cluster) -> Stack:
    with mock.patch.dict(os.environ, stack.env):
        declaration = load("local", stack.root)
    return Stack(declaration, from_kubeconfig(declaration.cluster.context, stack.kubeconfig))


@pytest.fixture(scope="module")
def score(capsys: pytest.CaptureFixture[str]) -> Iterator[Score]:
    score = Score()
    yield score
    print(f"\n{score}")  # noqa: T201 - the score is what the suite is for


def test_the_healthy_stack_raises_no_alarm(declared: Stack) -> None:
    report = anyio.run(declared.settled)
    assert [_text(finding) for finding in report.findings] == []
    assert report.unknowns == ()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[f"{n}-{m.code}" for n, m in enumerate(MUTATIONS)])
def test_mutation_is_found_and_nothing_else(declared: Stack, score: Score, mutation: Mutation) -> None:
    findings, healed = anyio.run(partial(_mutated, declared, mutation))
    score.tried += 1
    hit = [finding for finding in findings if (finding.code, str(finding.object)) == (mutation.code, mutation.object)]
    others = [finding for finding in findings if finding not in hit and finding.code not in mutation.besides]
    score.found += bool(hit)
    score.false_alarms += map(_text, others)
    assert hit, [_text(finding) for finding in findings]
    assert [_text(finding) for finding in others] == []
    assert healed.exit_code == OK, [_text(finding) for finding in healed.findings]


async def _mutated(stack: Stack, mutation: Mutation) -> tuple[tuple[Finding, ...], Report]:
    async with stack.access.client() as client:
        async with _change(Live(client), mutation):
            report = await stack.verified()
        return report.findings, await stack.settled()


def _change(live: Live, mutation: Mutation) -> AbstractAsyncContextManager[None]:
    place = Place(mutation.object)
    if mutation.change is None:
        return live.deleted(place)
    if isinstance(mutation.change, dict):
        return live.created(place, mutation.change)
    return live.edited(place, mutation.change)


def _text(finding: Finding) -> str:
    return f"{finding.code} {finding.object}: {finding.message}"
