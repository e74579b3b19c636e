"""What `cortex access who-can` shows: every subject that may make a request, and how it gets that permission."""

from collections.abc import Iterator, Set
from dataclasses import replace
from typing import TextIO

import msgspec
from rich.console import RenderableType
from rich.text import Text

from checks.errors import UsageError
from checks.formats import text
from checks.formats.table import table
from checks.kube.client import ApiClient
from checks.kube.reading import Read, Reading
from checks.plain_text import clean
from checks.rbac.collect import asked_each, review
from checks.rbac.live import Live, Way, declared_bindings, live, unknowns, way
from checks.rbac.policy import Grant
from checks.rbac.requests import Request, nearest
from checks.rbac.resource import find, require_served
from checks.rbac.subjects import identity
from checks.results.cluster_document import head
from checks.results.conclusion import OK, UNKNOWN
from checks.results.document import Document
from checks.results.result import Ref, Unknown
from checks.target import Target

SCHEMA = "cortex.dev/access-who-can/v1"

_WORDS = {True: "yes", False: "no", None: "?"}
_ELSEWHERE = "no role: another authorizer allows it"


class Capable(msgspec.Struct, frozen=True):
    """A subject that may make the request.

    `only` names the objects to which it is limited; empty means all. `confirmed` is the decision of the API server,
    null if it was not told. Without `ways`, another authorizer than RBAC allows it.
    """

    subject: Ref
    only: tuple[str, ...]
    confirmed: bool | None
    ways: tuple[Way, ...]


class WhoCan(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex access who-can`. An empty namespace means cluster-wide, an empty name all objects."""

    verb: str
    resource: str
    namespace: str
    name: str
    subjects: tuple[Capable, ...]
    unknowns: tuple[Unknown, ...]


async def who_can(target: Target, verb: str, resource: str, namespace: str, name: str) -> WhoCan:
    """Return who may do something with a resource in a namespace, or in the whole cluster.

    Raises:
        UsageError: there is no such resource or verb, or the resource is not in namespaces.
        UncheckedError: the API server did not say which resources it serves.
    """
    async with target.connection.client() as client:
        api = ApiClient(client)
        found = await find(api, resource)
        # A namespace is itself in the namespace of its name, for the authorizer.
        if namespace and not found.namespaced and found.name.partition("/")[0] != "namespaces":
            raise UsageError(f"--namespace: {resource} are not in namespaces: leave it out")
        request = Request(verb, found.group, found.name, namespace, name)
        # Only the bindings that apply there are read.
        known = await live(target, [namespace] if namespace else [])
        if not known.unknowns:
            require_served(found, verb, _verbs(known))
        candidates = _candidates(known, request)
        answers = await asked_each(lambda each: review(api, *identity(each), candidates[each][0]), list(candidates))
    missing = dict.fromkeys([*known.unknowns, *unknowns(answers.values())])
    declared = declared_bindings(target.declaration)
    subjects = tuple(_capable(each, candidates[each][1], answers[each], declared) for each in candidates)
    return WhoCan(
        **head(SCHEMA, target, UNKNOWN if missing else OK),
        verb=verb,
        resource=request.kind,
        namespace=namespace,
        name=name,
        subjects=tuple(each for each in subjects if each.ways or each.confirmed),
        unknowns=tuple(missing),
    )


def _verbs(known: Live) -> Iterator[str]:
    return (verb for role in known.policy.roles for rule in role.rules or () for verb in rule.verbs)


def _candidates(known: Live, request: Request) -> dict[Ref, tuple[Request, tuple[Grant, ...]]]:
    """Return every subject that a role allows the request, and the stack's accounts, each with what it is asked about.

    The request is limited to an object if all rules that allow it are.
    """
    ours: dict[Ref, list[Grant]] = {each.ref: [] for each in known.accounts}
    granted = {**ours, **known.by_subject()}
    found: dict[Ref, tuple[Request, tuple[Grant, ...]]] = {}
    for subject, grants in sorted(granted.items(), key=lambda entry: str(entry[0])):
        allowing = tuple(each for grant in grants if (each := _allowing(grant, request)))
        if allowing or subject in ours:
            found[subject] = (_asked(allowing, request), allowing)
    return found


def _allowing(grant: Grant, request: Request) -> Grant | None:
    """Return a grant with only those of its rules that allow the request; None if none does."""
    rules = tuple(rule for rule in grant.rules or () if nearest(rule, request))
    return replace(grant, rules=rules) if rules else None


def _asked(grants: tuple[Grant, ...], request: Request) -> Request:
    nearby = [each for grant in grants for rule in grant.rules or () if (each := nearest(rule, request))]
    return request if request in nearby or not nearby else nearby[0]


def _capable(
    subject: Ref, grants: tuple[Grant, ...], answer: Reading[bool], declared: Set[tuple[Ref, Ref, Ref]]
) -> Capable:
    rules = [rule for grant in grants for rule in grant.rules or ()]
    unlimited = any(not rule.resource_names for rule in rules)
    only = () if unlimited else tuple(sorted({name for rule in rules for name in rule.resource_names}))
    return Capable(
        subject,
        only,
        answer.value if isinstance(answer, Read) else None,
        tuple(way(subject, grant, rule, declared) for grant in grants for rule in grant.rules or ()),
    )


def write(report: WhoCan, out: TextIO) -> None:
    """Write the subjects as a table; coloured if `out` is a terminal."""
    text.write_parts(_parts(report), out)


def _parts(report: WhoCan) -> Iterator[RenderableType]:
    asked = Request(report.verb, "", report.resource, report.namespace, report.name)
    yield Text(clean(f"cortex access who-can {report.stack}: {asked}"), style="bold")
    lines = [
        (each.subject, _WORDS[each.confirmed], ", ".join(each.only) or "all objects", by)
        for each in report.subjects
        for by in each.ways or (_ELSEWHERE,)
    ]
    if lines or not report.unknowns:
        yield Text(table(("SUBJECT", "CONFIRMED", "OBJECTS", "BY"), lines).rstrip() if lines else "nobody")
    yield from text.details((), (), report.unknowns)
