"""The dated review of who has what on a cluster, and what changed since the last one."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

import msgspec
from rich.console import RenderableType
from rich.text import Text

from checks.errors import UncheckedError
from checks.formats import text
from checks.plain_text import clean
from checks.rbac.live import Live, declared_bindings, holder, live, membership
from checks.rbac.requests import described
from checks.rbac.subjects import is_default, is_of_kubernetes
from checks.results.cluster_document import head
from checks.results.conclusion import FINDINGS, OK
from checks.results.document import Document
from checks.results.result import Ref
from checks.target import Target
from checks.times import rfc3339

SCHEMA = "cortex.dev/access-review/v1"


class Held(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a subject has by a binding: the role and its rules. `default` means that Kubernetes itself grants it.

    `group` is the group that the binding names, for a ServiceAccount that has it as a member of that group.
    """

    subject: Ref
    binding: str
    role: str
    rules: tuple[str, ...]
    declared: bool
    default: bool
    group: str = ""

    def permissions(self) -> Iterator["Permitted"]:
        """Yield each of its rules with the subject; a role without rules, or that does not exist, has an empty one."""
        return (Permitted(self.subject, self.binding, self.role, rule, self.group) for rule in self.rules or ("",))


class Permitted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule that a subject has by a binding."""

    subject: Ref
    binding: str
    role: str
    rule: str
    group: str = ""

    def __str__(self) -> str:
        by = f"{self.binding} → {self.role}{membership(self.group)}"
        return f"{self.subject}: {self.rule or 'nothing'}; by {by}"


class Review(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex access review`, and the content of its file.

    `previous` is the file name of the last review, null if this is the first.
    """

    server: str
    at: str
    """When the cluster was read, in RFC 3339, UTC."""
    namespaces: tuple[str, ...]
    """The namespaces whose bindings it has, besides those for the whole cluster."""
    previous: str | None
    added: tuple[Permitted, ...]
    removed: tuple[Permitted, ...]
    access: tuple[Held, ...]


async def read_review(target: Target, previous: tuple[str, Review] | None, now: datetime) -> Review:
    """Return who has what in the stack's namespaces and cluster-wide, compared with the last review.

    Raises:
        UncheckedError: a part could not be read, which a later review would take for a change.
    """
    spaces = target.declaration.occupied_namespaces()
    known = await live(target, spaces)
    if known.unknowns:
        first = known.unknowns[0]
        raise UncheckedError(f"nothing was written, because the review lacks a part: {first.what}: {first.message}")
    access = tuple(_held(target, known))
    before = dict.fromkeys(_permissions(previous[1].access)) if previous else {}
    after = dict.fromkeys(_permissions(access))
    added = tuple(each for each in after if previous and each not in before)
    removed = tuple(each for each in before if each not in after)
    return Review(
        **head(SCHEMA, target, FINDINGS if added or removed else OK),
        server=target.connection.host,
        at=rfc3339(now),
        namespaces=tuple(sorted(spaces)),
        previous=previous[0] if previous else None,
        added=added,
        removed=removed,
        access=access,
    )


def _held(target: Target, known: Live) -> Iterator[Held]:
    declared = declared_bindings(target.declaration)
    for subject, grants in known.by_subject().items():
        for grant in sorted(grants, key=lambda each: (str(each.binding), str(each.role))):
            named = holder(subject, grant)
            if grant.group and is_of_kubernetes(grant.binding, grant.role):
                continue
            rules = sorted(described(rule) for rule in grant.rules or () if rule.resources)
            yield Held(
                subject,
                str(grant.binding),
                str(grant.role),
                tuple(dict.fromkeys(rules)),
                declared=(named, grant.binding, grant.role) in declared,
                default=is_default(named, grant.binding, grant.role),
                group=grant.group,
            )


def _permissions(access: Iterable[Held]) -> Iterator[Permitted]:
    return (each for held in access for each in held.permissions())


def write(review: Review, file: Path, out: TextIO) -> None:
    """Write where the review is, and what changed; coloured if `out` is a terminal."""
    text.write_parts(_parts(review, file), out)


def _parts(review: Review, file: Path) -> Iterator[RenderableType]:
    subjects = len({each.subject for each in review.access})
    yield Text(clean(f"cortex access review {review.stack}"), style="bold")
    yield Text(clean(f"{review.at}: {subjects} subjects with {len(review.access)} bindings, in {file}"))
    if review.previous is None:
        yield Text("This is the first review.")
        return
    for sign, style, those in (("-", "red", review.removed), ("+", "green", review.added)):
        for each in those:
            yield Text(clean(f"{sign} {each}"), style=style)
    changes = f"{len(review.added)} added, {len(review.removed)} removed" if review.exit_code else "no difference"
    yield Text(clean(f"Since {review.previous}: {changes}."))
