"""What `cortex access list` shows: each relevant request, as declared and as the API server decides it."""

from dataclasses import replace

import msgspec

from checks.kube.reading import Read
from checks.rbac.check import CHECK, access
from checks.rbac.collect import ANSWERS, Answers, about, policy_of
from checks.rbac.escalation import OpenEscalation, open_escalations, sentence
from checks.rbac.policy import Bound, Policy, declared_policy
from checks.rbac.questions import completed, trusted
from checks.rbac.requests import Account, accounts_of
from checks.results.cluster_document import ClusterDocument, cluster_head
from checks.results.result import Result
from checks.results.suppressions import accepted
from checks.snapshot.snapshot import Snapshot
from checks.snapshot.take import take
from checks.target import Target
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

SCHEMA = "cortex.dev/access/v2"


class Cell(msgspec.Struct, frozen=True):
    """One request: whether the declaration allows it, and whether the API server does (null if that is unknown).

    An empty namespace means cluster-wide, an empty name all objects.
    """

    verb: str
    resource: str
    namespace: str
    name: str
    expected: bool
    live: bool | None


class Given(msgspec.Struct, frozen=True):
    """A live binding whose subject is the account, or a group that it belongs to."""

    binding: str
    role: str
    by_group: bool
    declared: bool


class Open(msgspec.Struct, frozen=True):
    """A way in which the account can gain more permissions, the binding that allows it, and whether it is declared.

    `only` names the objects to which it is limited; an empty list means all.
    """

    way: str
    namespace: str
    only: tuple[str, ...]
    sentence: str
    binding: str
    declared: bool


class AccountRights(msgspec.Struct, frozen=True):
    """One account of the stack."""

    namespace: str
    name: str
    cells: tuple[Cell, ...]
    bindings: tuple[Given, ...]
    ways: tuple[Open, ...]


class Matrix(ClusterDocument, frozen=True, rename="camel", kw_only=True):
    """The accounts of a stack, and the result of the check `rbac`."""

    accounts: tuple[AccountRights, ...]
    result: Result


async def draw(target: Target) -> Matrix:
    """Return what the accounts of a stack may do, as declared and as the API server answers."""
    check = replace(CHECK, check=access)
    declaration = target.declaration
    snapshot = await take(declaration, target.connection, [check])
    result = accepted(declaration, check.run(declaration, snapshot))
    return Matrix(
        **cluster_head(SCHEMA, target, result),
        accounts=_accounts(declaration, snapshot),
        result=result,
    )


def _accounts(declaration: Declaration, snapshot: Snapshot) -> tuple[AccountRights, ...]:
    objects = build(declaration)
    live = None if snapshot.unreachable else policy_of(snapshot)
    answers = (
        dict.fromkeys(about(declaration, ()), snapshot.unreachable) if snapshot.unreachable else snapshot.get(ANSWERS)
    )
    expected = completed(declared_policy(objects), live.roles if live else ())
    return tuple(
        AccountRights(
            account.namespace,
            account.name,
            _cells(account, answers),
            *_bindings(account, expected, live or Policy((), ())),
        )
        for account in accounts_of(objects)
    )


def _cells(account: Account, answers: Answers) -> tuple[Cell, ...]:
    return tuple(
        Cell(
            question.request.verb,
            question.request.kind,
            question.request.namespace,
            question.request.name,
            expected=question.expected,
            live=answer.value if isinstance(answer, Read) else None,
        )
        for question, answer in answers.items()
        if question.account == account
    )


def _bindings(account: Account, expected: Policy, live: Policy) -> tuple[tuple[Given, ...], tuple[Open, ...]]:
    wanted, there = tuple(expected.grants(account)), tuple(live.grants(account))
    known = {grant.binding for grant in wanted}
    allowed = open_escalations(trusted(wanted))
    given = tuple(
        Given(
            str(grant.binding),
            str(grant.role),
            by_group=grant.bound is Bound.BY_GROUP,
            declared=grant.binding in known,
        )
        for grant in there
    )
    return given, tuple(_open(opening, allowed) for opening in open_escalations(there))


def _open(opening: OpenEscalation, allowed: tuple[OpenEscalation, ...]) -> Open:
    return Open(
        opening.escalation.name,
        opening.namespace,
        tuple(sorted(opening.only)),
        sentence(opening.escalation, [opening.namespace], opening.only),
        str(opening.grant.binding),
        declared=any(each.covers(opening) for each in allowed),
    )
