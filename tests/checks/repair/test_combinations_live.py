"""Random pairs and triples of mutations at once: each is found beside the others, and put right by what is printed.

CI makes some of them, always the same.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import pytest

from checks.results.result import Remedy
from tests.checks.mutations.live import Json
from tests.checks.mutations.mutation import Mutation
from tests.checks.mutations.table import MUTATIONS
from tests.checks.repair.test_remedies_live import (
    _HIDDEN,
    REMEDIES,
    Change,
    Score,
    _is,
    _left,
    _make,
    _objects,
    _overlap,
    _paths,
    _tell,
)
from tests.checks.verification.test_mutations_live import Stack, _text, declared, found
from tests.conftest import Cluster
from tests.extent import EXHAUSTIVE, SEED

__all__ = ["declared"]
pytestmark = pytest.mark.live

NUMBER = 30 if EXHAUSTIVE else 10


@dataclass(frozen=True)
class Combination:
    """Mutations of different objects, made at once."""

    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return " + ".join(f"{one.mutation.code} {one.mutation.object} {one.paths}" for one in self.changes)

    def goes_with(self, others: Sequence["Combination"]) -> bool:
        """Check whether it can be made beside the others, and be told from them."""
        return all(_together(a, b) for other in others for a in self.changes for b in other.changes)


def _together(one: Change, other: Change) -> bool:
    if _explains(one.mutation, other.mutation):
        return False
    if one.mutation.object != other.mutation.object:
        return True
    # A deployment waits for the pods of what it writes, which a repair may have to put right before.
    same = one.mutation.remedy is other.mutation.remedy
    return same and bool(one.paths and other.paths) and not _overlap(one, other)


def _explains(one: Mutation, other: Mutation) -> bool:
    return frozenset({one.code, other.code}) in _HIDDEN


def drawn(number: int) -> list[tuple[Mutation, ...]]:
    """Draw pairs and triples of mutations that touch different objects and do not hide one another."""
    chance = random.Random(SEED)
    candidates = [mutation for mutation in MUTATIONS if mutation.remedy in REMEDIES]
    result: list[tuple[Mutation, ...]] = []
    while len(result) < number:
        some = tuple(chance.sample(candidates, chance.choice((2, 3))))
        differ = len({mutation.object for mutation in some}) == len(some)
        if differ and not any(_explains(one, other) for one in some for other in some):
            result.append(some)
    return result


def batches(combinations: Sequence[Combination]) -> list[list[Combination]]:
    """Put together what can be made and put right at a time."""
    result: list[list[Combination]] = []
    for combination in combinations:
        room = next((batch for batch in result if combination.goes_with(batch)), None)
        if room is None:
            result.append(room := [])
        room.append(combination)
    return result


def test_combinations_are_found_and_put_right(declared: Stack, stack: Cluster, request: pytest.FixtureRequest) -> None:
    anyio.run(declared.settled)
    some = drawn(NUMBER)
    objects = anyio.run(_objects, declared, [mutation for one in some for mutation in one])
    combinations = [_combination(one, objects) for one in some]
    score = Score(tried=len(combinations))
    for batch in batches(combinations):
        _round(declared, stack, batch, score)
    _tell(request, f"combinations of CORTEX_TEST_SEED={SEED}: {score}")
    assert (score.missed, score.false_alarms, score.put_right) == ([], [], score.tried)


def _combination(mutations: Sequence[Mutation], objects: dict[str, Json]) -> Combination:
    return Combination(tuple(Change(mutation, _paths(mutation, objects)) for mutation in mutations))


def _round(declared: Stack, stack: Cluster, batch: Sequence[Combination], score: Score) -> None:
    changes = [change for one in batch for change in one.changes]
    anyio.run(_make, declared, changes)
    findings = found(anyio.run(declared.verified))
    besides = {code for one in changes for code in (one.mutation.code, *one.mutation.besides)}
    missed = [one for one in batch if not all(any(_is(f, c.mutation) for f in findings) for c in one.changes)]
    score.found += len(batch) - len(missed)
    score.missed += map(str, missed)
    score.false_alarms += [_text(finding) for finding in findings if finding.code not in besides]
    # The plan of a repair names the deployment that has to follow it.
    for remedy in (Remedy.REPAIR, Remedy.PULUMI):
        if any(change.mutation.remedy is remedy for change in changes):
            REMEDIES[remedy](stack)
    left = _left(declared)
    wrong = {str(finding.object) for finding in left}
    score.put_right += sum(wrong.isdisjoint(change.mutation.object for change in one.changes) for one in batch)
    assert [_text(finding) for finding in left] == [], [str(one) for one in batch]
