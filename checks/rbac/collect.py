"""Collect the API server's decisions on requests of the stack's accounts, and return the live roles and bindings."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind
from checks.kube.concurrent import read_each
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.rbac.policy import Policy, declared_policy
from checks.rbac.questions import Question, completed, questions
from checks.rbac.requests import Request, accounts_of
from checks.snapshot.reader import Collector, Reader
from checks.snapshot.snapshot import Snapshot, converted
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

K = TypeVar("K")

REVIEWS = Kind("apis/authorization.k8s.io/v1", "subjectaccessreviews", k8s.AccessReview)
_REVIEWING = "review the access of accounts"


Answers = Mapping[Question, Reading[bool]]
"""Question → whether the API server allows the request."""


async def collect(reader: Reader) -> Answers:
    """Review the access of every account of the stack."""
    known = (await reader.listing("ClusterRole")).whole
    roles = converted(known, k8s.Role, "read ClusterRole in the whole cluster")
    return await _ask(reader.api, about(reader.declaration, roles.value if isinstance(roles, Read) else ()))


ANSWERS = Collector(collect)


def policy_of(snapshot: Snapshot) -> Policy | None:
    """Return the live roles and bindings of the whole cluster; None if a part of them could not be read."""
    roles, bindings = role_readings(snapshot), binding_readings(snapshot)
    return (
        Policy(
            tuple(role for reading in roles if isinstance(reading, Read) for role in reading.value),
            tuple(each for reading in bindings if isinstance(reading, Read) for each in reading.value),
        )
        if all(isinstance(reading, Read) for reading in (*roles, *bindings))
        else None
    )


def role_readings(snapshot: Snapshot) -> tuple[Reading[tuple[k8s.Role, ...]], ...]:
    """Return the live Roles and ClusterRoles."""
    return tuple(snapshot.whole(kind, k8s.Role) for kind in ("Role", "ClusterRole"))


def binding_readings(snapshot: Snapshot) -> tuple[Reading[tuple[k8s.Binding, ...]], ...]:
    """Return the live RoleBindings and ClusterRoleBindings."""
    return tuple(snapshot.whole(kind, k8s.Binding) for kind in ("RoleBinding", "ClusterRoleBinding"))


def about(declaration: Declaration, live: tuple[k8s.Role, ...]) -> tuple[Question, ...]:
    """Return the questions about the accounts of a declaration; `live` are the cluster's roles, if they are known."""
    manifests = build(declaration)
    return questions(accounts_of(manifests), completed(declared_policy(manifests), live))


async def _ask(api: ApiClient, asked: tuple[Question, ...]) -> dict[Question, Reading[bool]]:
    async def answer(question: Question) -> Reading[bool]:
        return await review(api, question.account.user, question.account.groups, question.request)

    return await asked_each(answer, asked)


async def asked_each(review: Callable[[K], Awaitable[Reading[bool]]], asked: Sequence[K]) -> dict[K, Reading[bool]]:
    """Return the answer to each question; if the first one is forbidden, so are all others, which are not asked."""
    first = await read_each(review, asked[:1])
    for answer in first.values():
        if isinstance(answer, ReadFailure) and answer.reason is Reason.FORBIDDEN:
            return dict.fromkeys(asked, answer)
    return first | await read_each(review, asked[1:])


async def review(api: ApiClient, user: str, groups: Sequence[str], request: Request) -> Reading[bool]:
    """Return the API server's decision on a request of a user, or of anybody in the groups (SubjectAccessReview)."""
    resource, _, subresource = request.resource.partition("/")
    attributes = {
        "verb": request.verb,
        "group": request.group,
        "resource": resource,
        "subresource": subresource,
        "namespace": request.namespace,
        "name": request.name,
    }
    document = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "groups": list(groups), "resourceAttributes": attributes},
    }
    permission = Permission("create", REVIEWS.resource())
    reading = await api.ask(_REVIEWING, REVIEWS.path(), document, k8s.AccessReview, permission)
    return reading if isinstance(reading, ReadFailure) else Read(reading.value.status.allowed, reading.seconds)
