"""Check accounts, roles and bindings, the privilege escalations that they allow, and the API server's decisions."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from checks.drift.compare import compare
from checks.drift.routing import RBAC
from checks.rbac.collect import ANSWERS, Answers, binding_readings, policy_of, role_readings
from checks.rbac.escalation import Escalation, OpenEscalation, open_escalations, sentence
from checks.rbac.policy import Bound, Grant, Policy, declared_policy
from checks.rbac.questions import Question, completed, trusted
from checks.rbac.requests import Account, accounts_of, place
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

DEFAULTS = frozenset(
    {"system:basic-user", "system:discovery", "system:public-info-viewer", "system:service-account-issuer-discovery"}
)
"""Default ClusterRoleBindings of Kubernetes to all users or to all ServiceAccounts."""

_SHOWN = 3


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Compare accounts, roles and bindings field by field, then check the access that they give."""
    compare(builder, declaration, snapshot, RBAC)
    access(builder, declaration, snapshot)


def access(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check the bindings of the stack's accounts, the escalations that they open, and the API server's own answers."""
    manifests = build(declaration)
    live = _live(builder, snapshot)
    accounts = accounts_of(manifests)
    if not accounts:
        # The stack declares no account.
        builder.passed()
    if live is not None:
        ours = frozenset(Ref(each.kind, each.name, each.namespace) for each in manifests)
        expected = completed(declared_policy(manifests), live.roles)
        for account in accounts:
            _account(builder, account, expected, live, ours)
    _answers(builder, snapshot.get(ANSWERS), live)


def _live(builder: ResultBuilder, snapshot: Snapshot) -> Policy | None:
    for roles in role_readings(snapshot):
        builder.use(roles)
    for bindings in binding_readings(snapshot):
        builder.use(bindings)
    return policy_of(snapshot)


def _account(builder: ResultBuilder, account: Account, expected: Policy, live: Policy, ours: Collection[Ref]) -> None:
    declared, granted = tuple(expected.grants(account)), tuple(live.grants(account))
    known = {grant.binding for grant in declared}
    for grant in granted:
        _binding(builder, account, grant, known)
        if grant.rules is None and grant.binding in known:
            message = f"{grant.binding} grants {account} the role {grant.role.name}, which does not exist"
            remedy = Remedy.PULUMI if grant.role in ours else Remedy.PERSON
            builder.fault("rbac.role-missing", grant.role, message, expected="present", actual="absent", remedy=remedy)
    allowed = open_escalations(trusted(declared))
    # The escalations of an undeclared binding are part of its own finding.
    reported = [grant for grant in granted if grant.binding in known or grant.bound is Bound.BY_GROUP]
    opened = open_escalations(reported)
    for opening in opened:
        if any(each.covers(opening) for each in allowed):
            builder.passed()
    for (role, escalation), some in _by_role(o for o in opened if not any(each.covers(o) for each in allowed)).items():
        text = _sentence(escalation, some)
        message = f"the account {account} {text}; the declaration does not grant this"
        remedy = Remedy.PULUMI if role in ours else Remedy.PERSON
        builder.fault("rbac.escalation", role, message, expected="closed", actual="open", remedy=remedy)
    for escalation, some in _by_escalation(allowed).items():
        builder.fact(str(account), escalation.name, _sentence(escalation, some))


def _binding(builder: ResultBuilder, account: Account, grant: Grant, known: set[Ref]) -> None:
    if grant.binding in known or (not grant.binding.namespace and grant.binding.name in DEFAULTS):
        builder.passed()
        return
    if grant.bound is Bound.BY_GROUP:
        message = f"{grant.role} is granted to a group of {account} {place(grant.namespace)}"
        builder.fault("rbac.group-binding", grant.binding, message, expected="absent", actual=str(grant.role))
        return
    message = f"{grant.role} is granted to {account} {place(grant.namespace)}, but not declared"
    builder.fault(
        "rbac.undeclared-binding", grant.binding, message + _opens(grant), expected="absent", actual=str(grant.role)
    )


def _opens(grant: Grant) -> str:
    by_escalation = _by_escalation(open_escalations([grant]))
    shown = [f"it {_sentence(escalation, some)}" for escalation, some in by_escalation.items()]
    more = f"; and {len(shown) - _SHOWN} more escalations" if len(shown) > _SHOWN else ""
    return "".join(f"; {each}" for each in shown[:_SHOWN]) + more


def _by_role(found: Iterable[OpenEscalation]) -> dict[tuple[Ref, Escalation], list[OpenEscalation]]:
    groups: dict[tuple[Ref, Escalation], list[OpenEscalation]] = defaultdict(list)
    for opening in found:
        groups[opening.grant.role, opening.escalation].append(opening)
    return groups


def _by_escalation(found: Iterable[OpenEscalation]) -> dict[Escalation, list[OpenEscalation]]:
    groups: dict[Escalation, list[OpenEscalation]] = defaultdict(list)
    for opening in found:
        groups[opening.escalation].append(opening)
    return groups


def _sentence(escalation: Escalation, found: Iterable[OpenEscalation]) -> str:
    found = tuple(found)
    only = frozenset(name for opening in found for name in opening.only)
    return sentence(escalation, (opening.namespace for opening in found), only)


def _answers(builder: ResultBuilder, answers: Answers, live: Policy | None) -> None:
    """Check the API server's decisions; undeclared access that the live roles explain is reported with the roles."""
    denied: dict[Account, list[Question]] = defaultdict(list)
    for question, reading in answers.items():
        if (answer := builder.use(reading)) is None:
            continue
        if answer.value is question.expected:
            builder.passed()
        elif question.expected:
            denied[question.account].append(question)
        elif live is not None and any(grant.allows(question.request) for grant in live.grants(question.account)):
            builder.skipped()
        else:
            message = f"the account may {question.request}, which no role grants: another authorizer does"
            ref = _ref(question.account)
            builder.fault("rbac.allowed", ref, message, expected="denied", actual="allowed")
    for account, questions in denied.items():
        shown = "; ".join(str(question.request) for question in questions[:_SHOWN])
        more = f"; and {len(questions) - _SHOWN} more" if len(questions) > _SHOWN else ""
        message = f"the API server does not allow the account to {shown}{more}"
        builder.fault("rbac.denied", _ref(account), message, expected="allowed", actual="denied")


def _ref(account: Account) -> Ref:
    return Ref("ServiceAccount", account.name, account.namespace)


CHECK = Check(
    RBAC,
    "Access (RBAC)",
    frozenset({"Namespace", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}),
    (ANSWERS,),
    check,
)
