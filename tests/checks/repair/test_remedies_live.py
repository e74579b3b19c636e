"""The loop is closed: what a finding's remedy says is done, and the stack is as declared again."""

import copy
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import anyio
import pytest

from checks.results.result import Finding, Remedy
from provider.diff import changes, covers
from tests.checks.mutations.live import Json, Live, Place
from tests.checks.mutations.mutation import Mutation
from tests.checks.mutations.table import MUTATIONS
from tests.checks.verification.test_mutations_live import Stack, _text, declared, found
from tests.conftest import Cluster, cortex

__all__ = ["declared"]
pytestmark = pytest.mark.live

GREEN_SECONDS = 60
"""Longest wait until the stack is as declared, once the remedy is done: a rollout, and pods that end."""
_HIDDEN = {
    frozenset({"secret.keys", "secret.content"}),
    *(frozenset({"secret.stale-pods", f"secret.{fault}"}) for fault in ("missing", "keys", "content")),
}
"""Codes of which one explains the other: of a Secret with other keys the content is not judged, nor are its pods."""


def _pulumi(stack: Cluster) -> None:
    stack.run("pulumi", "up", "--stack", "local", "--refresh", "--yes", "--skip-preview")


def _repair(stack: Cluster) -> None:
    cortex("repair", "local", "--yes", env=stack.env)  # what it left is found by the verification after it


REMEDIES: dict[Remedy, Callable[[Cluster], None]] = {Remedy.PULUMI: _pulumi, Remedy.REPAIR: _repair}
"""How a test does what a finding's remedy says."""


@dataclass
class Score:
    """How many mutations were found with a remedy that a program can do, and what that did not put right."""

    tried: int = 0
    found: int = 0
    put_right: int = 0
    missed: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.found} found, {len(self.false_alarms)} false alarms, {self.put_right} put right"


@dataclass(frozen=True)
class Change:
    """A mutation, and which fields of its object it changes; none if it deletes or makes the object."""

    mutation: Mutation
    paths: tuple[tuple[str | int, ...], ...]

    def goes_with(self, others: Iterable["Change"]) -> bool:
        """Check whether it can be made beside the others, and be told from them."""
        others = [*others]
        # What the other remedy is for would stay, and may keep new pods from starting.
        if any(other.mutation.remedy is not self.mutation.remedy for other in others):
            return False
        if any(frozenset({self.mutation.code, other.mutation.code}) in _HIDDEN for other in others):
            return False
        here = [other for other in others if other.mutation.object == self.mutation.object]
        whole = not self.paths or any(not other.paths for other in here)
        return not here or not (whole or any(_overlap(self, other) for other in here))


def _overlap(one: Change, other: Change) -> bool:
    return any(covers(a, b) or covers(b, a) for a in one.paths for b in other.paths)


def batches(mutations: Sequence[Mutation], objects: dict[str, Json]) -> list[list[Change]]:
    """Put together what one deployment, or one repair, can put right at a time."""
    result: list[list[Change]] = []
    for mutation in mutations:
        change = Change(mutation, _paths(mutation, objects))
        room = next((batch for batch in result if change.goes_with(batch)), None)
        if room is None:
            result.append(room := [])
        room.append(change)
    return result


def _paths(mutation: Mutation, objects: dict[str, Json]) -> tuple[tuple[str | int, ...], ...]:
    if not callable(mutation.change):
        return ()
    changed = copy.deepcopy(objects[mutation.object])
    mutation.change(changed)
    return tuple(change.path for change in changes(objects[mutation.object], changed))


def test_what_is_found_is_put_right_by_its_remedy(
    declared: Stack, stack: Cluster, request: pytest.FixtureRequest
) -> None:
    mutations = [mutation for mutation in MUTATIONS if mutation.remedy in REMEDIES]
    assert mutations
    anyio.run(declared.settled)
    objects = anyio.run(_objects, declared, mutations)
    score = Score()
    for batch in batches(mutations, objects):
        score.tried += len(batch)
        _round(declared, stack, batch, score)
    _tell(request, f"remedies: {score}")
    preview = stack.run("pulumi", "preview", "--stack", "local", "--expect-no-changes", "--json", check=False)
    assert preview.returncode == 0, preview.stdout
    assert (score.missed, score.false_alarms, score.put_right) == ([], [], score.tried)


def _round(declared: Stack, stack: Cluster, batch: Sequence[Change], score: Score) -> None:
    anyio.run(_make, declared, batch)
    findings = found(anyio.run(declared.verified))
    hits = [one for one in batch if any(_is(finding, one.mutation) for finding in findings)]
    besides = {code for one in batch for code in (one.mutation.code, *one.mutation.besides)}
    score.found += len(hits)
    score.missed += [f"{one.mutation.code} {one.mutation.object} {one.paths}" for one in batch if one not in hits]
    score.false_alarms += [_text(finding) for finding in findings if finding.code not in besides]
    REMEDIES[batch[0].mutation.remedy](stack)
    left = _left(declared)
    score.put_right += sum(not any(str(f.object) == one.mutation.object for f in left) for one in batch)
    assert [_text(finding) for finding in left] == [], [str(one.mutation.object) for one in batch]


def _is(finding: Finding, mutation: Mutation) -> bool:
    same = (finding.code, str(finding.object)) == (mutation.code, mutation.object)
    return same and finding.remedy is mutation.remedy


def _left(declared: Stack) -> list[Finding]:
    until = time.monotonic() + GREEN_SECONDS
    while (left := found(anyio.run(declared.verified))) and time.monotonic() < until:
        time.sleep(0.5)
    return left


async def _objects(declared: Stack, mutations: Sequence[Mutation]) -> dict[str, Json]:
    async with declared.connection.client() as client:
        live = Live(client)
        places = {mutation.object for mutation in mutations}
        return {place: obj for place in places if (obj := await live.get(Place(place))) is not None}


async def _make(declared: Stack, batch: Sequence[Change]) -> None:
    async with declared.connection.client() as client:
        for one in batch:
            await Live(client).make(Place(one.mutation.object), one.mutation.change)


def _tell(request: pytest.FixtureRequest, text: str) -> None:
    plugins = request.config.pluginmanager
    terminal, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    assert terminal is not None
    assert capture is not None
    with capture.global_and_fixture_disabled():
        terminal.write_line(f"\n{text}")


CONFLICTS = {
    "kubectl scale": ("scale", "deployment", "time-mcp-server", "--replicas=1"),
    "another manager": (
        *("patch", "deployment", "time-mcp-server", "--field-manager=someone", "--type=merge", "--patch"),
        json.dumps({"spec": {"replicas": 3}}),
    ),
    "another manager of a Service": (
        *("patch", "service", "time-mcp-server", "--field-manager=someone", "--type=merge", "--patch"),
        json.dumps({"spec": {"selector": {"app": "drift"}}}),
    ),
}


@pytest.mark.parametrize("command", CONFLICTS.values(), ids=CONFLICTS)
def test_whoever_set_a_declared_field_a_deployment_takes_it_back(
    command: Sequence[str], declared: Stack, stack: Cluster
) -> None:
    stack.run("kubectl", "--namespace=cortex-mcp", *command)
    try:
        remedies = {finding.remedy for finding in found(anyio.run(declared.verified))}
    finally:
        _pulumi(stack)
    assert remedies >= {Remedy.PULUMI}
    assert [_text(finding) for finding in _left(declared)] == []
