"""Plan a repair: a pure function of the declaration, the findings of a verification, and the live objects."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from checks.drift.compare import REPLICAS
from checks.kube.resources import Document
from checks.repair.actions import Because, Left, left
from checks.repair.fields import field_repairs, left_to_autoscaler
from checks.repair.kinds import HOLDS_DATA, KINDS
from checks.repair.objects import object_repairs
from checks.repair.steps import Step, merged
from checks.results.result import Finding, Ref, Remedy
from stacks.manifests.build import build
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration

UNDECLARED = frozenset({"namespace.undeclared", "object.undeclared", "secret.unused"})
"""Codes of undeclared or unused objects."""


@dataclass(frozen=True)
class Place:
    """The stack and the kubeconfig's context, for the commands that a plan names."""

    stack: str
    context: str

    @property
    def pulumi(self) -> str:
        """Return the command that fixes findings with Pulumi."""
        return f"pulumi up --refresh --stack {shlex.quote(self.stack)}"

    def deletion(self, ref: Ref) -> str:
        """Return the command that deletes an object."""
        space = f" --namespace {ref.namespace}" if ref.namespace else ""
        return f"kubectl --context {shlex.quote(self.context)}{space} delete {ref.kind.lower()} {ref.name}"


@dataclass(frozen=True)
class Plan:
    """The steps in order, the findings that are left, and the findings that no longer apply."""

    steps: tuple[Step, ...] = ()
    left: tuple[Left, ...] = ()
    gone: tuple[Finding, ...] = ()


def wanted(findings: Iterable[Finding]) -> frozenset[Ref]:
    """Return the objects that must be read for a plan."""
    return frozenset(found.object for found in findings if _is_repairable(found) and found.object.kind in KINDS)


def plan(
    place: Place, declaration: Declaration, findings: Iterable[Finding], live: Mapping[Ref, Document | None]
) -> Plan:
    """Plan the repair of findings; `live` has the wanted objects, None for one that does not exist."""
    known = {Ref(obj.kind, obj.name, obj.namespace): obj for obj in build(declaration)}
    steps: list[Step] = []
    skipped: list[Left] = []
    gone: list[Finding] = []
    ordered = sorted(findings, key=lambda found: (str(found.object), found.code, found.message))
    for ref, some in groupby(ordered, key=lambda found: found.object):
        mine: list[Step] = []
        for finding in some:
            results = [*_finding(place, declaration, finding, known.get(ref), live)]
            mine += [result for result in results if isinstance(result, Step)]
            skipped += [result for result in results if isinstance(result, Left)]
            gone += [] if results else [finding]
        steps += merged(mine)
    return Plan(tuple(steps), tuple(skipped), tuple(gone))


def _is_repairable(finding: Finding) -> bool:
    return finding.remedy is Remedy.REPAIR or finding.code == REPLICAS


def _finding(
    place: Place,
    declaration: Declaration,
    finding: Finding,
    obj: Manifest | None,
    live: Mapping[Ref, Document | None],
) -> Iterator[Step | Left]:
    ref = finding.object
    found = live.get(ref)
    if finding.code == REPLICAS and obj and found and (autoscaled := left_to_autoscaler(finding, found)):
        yield autoscaled
    elif ref.kind in HOLDS_DATA and finding.code in UNDECLARED and obj is None:
        yield left(finding, Because.DATA, place.deletion(ref))
    elif finding.remedy is Remedy.PULUMI:
        yield left(finding, Because.PULUMI, place.pulumi)
    elif finding.remedy is Remedy.PERSON or ref.kind not in KINDS or ref not in live:
        yield left(finding, Because.PERSON, finding.hint)
    elif found is None:
        return
    elif obj is not None:
        yield from field_repairs(finding, obj, found)
    else:
        yield from object_repairs(declaration, finding, found)
