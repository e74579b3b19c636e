"""Reads roles and bindings of the whole cluster, and asks the API server what the stack's accounts may do."""

from collections.abc import Mapping
from dataclasses import dataclass

import anyio

from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind, Read, ReadFailure, Reading
from checks.kube.connection import Connection
from checks.rbac import policy, requests
from checks.rbac.policy import Policy
from checks.rbac.questions import Question, completed, questions
from checks.results.result import Permission, Reason
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

_RBAC = "apis/rbac.authorization.k8s.io/v1"
ROLES = Kind(_RBAC, "roles", k8s.Role)
CLUSTER_ROLES = Kind(_RBAC, "clusterroles", k8s.Role)
ROLE_BINDINGS = Kind(_RBAC, "rolebindings", k8s.Binding)
CLUSTER_ROLE_BINDINGS = Kind(_RBAC, "clusterrolebindings", k8s.Binding)

REVIEWS = Kind("apis/authorization.k8s.io/v1", "subjectaccessreviews", k8s.AccessReview)
_ASKING = "ask what the stack's accounts may do"


@dataclass(frozen=True)
class Access:
    """The cluster's roles and bindings, and whether each request in question is allowed."""

    roles: tuple[Reading[tuple[k8s.Role, ...]], ...]
    bindings: tuple[Reading[tuple[k8s.Binding, ...]], ...]
    answers: Mapping[Question, Reading[bool]]

    def policy(self) -> Policy | None:
        """Give the live policy; None if a part of it could not be read."""
        roles = [reading.value for reading in self.roles if isinstance(reading, Read)]
        bindings = [reading.value for reading in self.bindings if isinstance(reading, Read)]
        if len(roles) + len(bindings) < len(self.roles) + len(self.bindings):
            return None
        return Policy(tuple(role for some in roles for role in some), tuple(each for some in bindings for each in some))


async def read(declaration: Declaration, _access: Connection, api: ApiClient) -> Access:
    """Read the policy, then ask about every account of the stack."""
    roles: dict[Kind[k8s.Role], Reading[tuple[k8s.Role, ...]]] = {}
    bindings: dict[Kind[k8s.Binding], Reading[tuple[k8s.Binding, ...]]] = {}

    async def list_roles(kind: Kind[k8s.Role]) -> None:
        roles[kind] = await api.list(kind)

    async def list_bindings(kind: Kind[k8s.Binding]) -> None:
        bindings[kind] = await api.list(kind)

    async with anyio.create_task_group() as group:
        for kind in (ROLES, CLUSTER_ROLES):
            group.start_soon(list_roles, kind)
        for kind_of_binding in (ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS):
            group.start_soon(list_bindings, kind_of_binding)
    known = roles[CLUSTER_ROLES]
    asked = about(declaration, known.value if isinstance(known, Read) else ())
    return Access(tuple(roles.values()), tuple(bindings.values()), await _ask(api, asked))


def unread(declaration: Declaration, why: ReadFailure) -> Access:
    """Give the rights in a cluster of which nothing can be read."""
    return Access((why,), (why,), dict.fromkeys(about(declaration, ()), why))


def about(declaration: Declaration, live: tuple[k8s.Role, ...]) -> tuple[Question, ...]:
    """Give the questions that a declaration raises; `live` are the cluster's roles, as far as they are known."""
    objects = build(declaration)
    return questions(requests.accounts(objects), completed(policy.declared(objects), live))


async def _ask(api: ApiClient, asked: tuple[Question, ...]) -> dict[Question, Reading[bool]]:
    answers: dict[Question, Reading[bool]] = {}

    async def ask(question: Question) -> None:
        answers[question] = await review(api, question)

    for first in asked[:1]:
        await ask(first)
        if isinstance(refused := answers[first], ReadFailure) and refused.reason is Reason.FORBIDDEN:
            # Nobody gets another answer to the other hundred.
            return dict.fromkeys(asked, refused)
    async with anyio.create_task_group() as group:
        for question in asked[1:]:
            group.start_soon(ask, question)
    return {question: answers[question] for question in asked}


async def review(api: ApiClient, question: Question) -> Reading[bool]:
    """Ask the API server's authorizers one question (SubjectAccessReview)."""
    request = question.request
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
        "spec": {
            "user": question.account.user,
            "groups": list(question.account.groups),
            "resourceAttributes": attributes,
        },
    }
    permission = Permission("create", REVIEWS.resource())
    reading = await api.ask(_ASKING, REVIEWS.path(), document, k8s.AccessReview, permission)
    return reading if isinstance(reading, ReadFailure) else Read(reading.value.status.allowed, reading.seconds)
