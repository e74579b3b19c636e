"""What `cortex access risks` shows: every subject with a permission that allows privilege escalation, and the way."""

from collections.abc import Iterator
from itertools import groupby
from typing import TextIO

import msgspec
from rich.console import RenderableType
from rich.text import Text

from checks.formats import text
from checks.plain_text import clean
from checks.rbac.escalation import ESCALATIONS, OpenEscalation, limited, open_escalations
from checks.rbac.live import Way, declared_bindings, holder, live, membership, way
from checks.rbac.requests import place
from checks.rbac.subjects import is_default
from checks.results.cluster_document import head
from checks.results.conclusion import OK, UNKNOWN
from checks.results.document import Document
from checks.results.result import Ref, Unknown
from checks.target import Target

SCHEMA = "cortex.dev/access-risks/v1"

_WHAT = {each.name: each for each in ESCALATIONS}


class Risk(msgspec.Struct, frozen=True, omit_defaults=True):
    """A permission that allows privilege escalation. `default` means that Kubernetes grants it to a subject of its own.

    `only` names the objects to which it is limited; an empty list means all. An empty namespace means cluster-wide.
    """

    risk: str
    way: Way
    namespace: str = ""
    only: tuple[str, ...] = ()
    default: bool = False

    def __str__(self) -> str:
        return f"{_WHAT[self.risk].what}{limited(self.only)} {place(self.namespace)}"


class RiskySubject(msgspec.Struct, frozen=True):
    """A subject and its risks."""

    subject: Ref
    risks: tuple[Risk, ...]

    @property
    def is_default(self) -> bool:
        """Return whether it has nothing but what Kubernetes itself grants."""
        return all(risk.default for risk in self.risks)


class RiskReport(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex access risks`."""

    subjects: tuple[RiskySubject, ...]
    unknowns: tuple[Unknown, ...]


async def risk_report(target: Target) -> RiskReport:
    """Return who may escalate privileges in the stack's namespaces or cluster-wide."""
    known = await live(target, target.declaration.occupied_namespaces())
    declared = declared_bindings(target.declaration)
    subjects = (
        RiskySubject(subject, tuple(_risk(subject, each, declared) for each in opened))
        for subject, grants in known.by_subject().items()
        # Each grant is looked at alone: who removes one has to know of the others.
        if (opened := [each for grant in grants for each in open_escalations([grant])])
    )
    return RiskReport(
        **head(SCHEMA, target, UNKNOWN if known.unknowns else OK), subjects=tuple(subjects), unknowns=known.unknowns
    )


def _risk(subject: Ref, opened: OpenEscalation, declared: frozenset[tuple[Ref, Ref, Ref]]) -> Risk:
    grant = opened.grant
    return Risk(
        opened.escalation.name,
        way(subject, grant, opened.rule, declared),
        opened.namespace,
        tuple(sorted(opened.only)),
        default=is_default(holder(subject, grant), grant.binding, grant.role),
    )


def write(report: RiskReport, out: TextIO) -> None:
    """Write the subjects and their risks; coloured if `out` is a terminal."""
    text.write_parts(_parts(report), out)


def _parts(report: RiskReport) -> Iterator[RenderableType]:
    yield Text(clean(f"cortex access risks {report.stack}"), style="bold")
    for each in report.subjects:
        if not each.is_default:
            yield Text(f"\n{clean(str(each.subject))}", style="bold")
            yield from _ways(each)
    own = [str(each.subject) for each in report.subjects if each.is_default]
    if own:
        yield Text(f"\nKubernetes' own subjects with its own roles ({len(own)})", style="bold")
        yield Text(clean(f"  {', '.join(own)}"))
    if not report.subjects and not report.unknowns:
        yield Text("\nnobody")
    yield from text.details((), (), report.unknowns)


def _binding(risk: Risk) -> tuple[str, str, str]:
    return risk.way.binding, risk.way.role, risk.way.group


def _ways(subject: RiskySubject) -> Iterator[Text]:
    """Yield a line for each binding, and under it one for each risk with its rule."""
    for (binding, role, group), risks in groupby(
        subject.risks, key=lambda risk: (risk.way.binding, risk.way.role, risk.way.group)
    ):
        same = list(risks)
        mark = ("declared", "dim") if same[0].way.declared else ("undeclared", "bold red")
        yield Text(clean(f"  {binding} → {role}{membership(group)}  ")).append(*mark)
        for risk in same:
            yield Text(clean(f"    {risk}: {risk.way.rule}"))
