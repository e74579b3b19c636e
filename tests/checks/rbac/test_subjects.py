"""Subjects are themselves whatever a binding calls them, and only what Kubernetes grants its own is its default."""

import pytest

from checks.kube.models import Subject
from checks.rbac.subjects import identity, is_default, subject_of
from checks.results.result import Ref

MASTERS = Ref("Group", "system:masters")
SCHEDULER = Ref("User", "system:kube-scheduler")
JOBS = Ref("ServiceAccount", "job-controller", "kube-system")


def cluster(name: str) -> tuple[Ref, Ref]:
    return Ref("ClusterRoleBinding", name), Ref("ClusterRole", name)


@pytest.mark.parametrize(
    ("named", "subject"),
    [
        (Subject(kind="ServiceAccount", name="a", namespace="b"), Ref("ServiceAccount", "a", "b")),
        (Subject(kind="User", name="system:serviceaccount:b:a"), Ref("ServiceAccount", "a", "b")),
        (Subject(kind="User", name="system:serviceaccount:b"), Ref("User", "system:serviceaccount:b")),
        (Subject(kind="User", name="eve", namespace="b"), Ref("User", "eve")),
        (Subject(kind="Group", name="system:serviceaccount:b:a"), Ref("Group", "system:serviceaccount:b:a")),
    ],
)
def test_subject_is_the_same_under_each_of_its_names(named: Subject, subject: Ref) -> None:
    assert subject_of(named) == subject


@pytest.mark.parametrize(
    ("subject", "user", "groups"),
    [
        (
            Ref("ServiceAccount", "a", "b"),
            "system:serviceaccount:b:a",
            ("system:serviceaccounts", "system:serviceaccounts:b", "system:authenticated"),
        ),
        (Ref("User", "eve"), "eve", ("system:authenticated",)),
        (Ref("User", "system:anonymous"), "system:anonymous", ("system:unauthenticated",)),
        (Ref("Group", "team"), "", ("team", "system:authenticated")),
        (Ref("Group", "system:unauthenticated"), "", ("system:unauthenticated",)),
    ],
)
def test_subject_asks_as_the_api_server_knows_it(subject: Ref, user: str, groups: tuple[str, ...]) -> None:
    assert identity(subject) == (user, groups)


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        (MASTERS, "cluster-admin"),
        (SCHEDULER, "system:kube-scheduler"),
        (JOBS, "system:controller:job-controller"),
    ],
)
def test_what_kubernetes_grants_its_own_is_default(subject: Ref, name: str) -> None:
    assert is_default(subject, *cluster(name))


@pytest.mark.parametrize(
    ("subject", "binding", "role"),
    [
        (MASTERS, "cluster-admin", "admin"),
        (JOBS, "cluster-admin", "cluster-admin"),
        (JOBS, "mine", "system:controller:job-controller"),
        (Ref("ServiceAccount", "job-controller", "other"), "system:x", "system:x"),
        (Ref("User", "eve"), "system:x", "system:x"),
        # A role of everybody is nobody's own.
        *((Ref("Group", name), "system:x", "system:x") for name in ("system:authenticated", "system:unauthenticated")),
        (Ref("Group", "system:serviceaccounts"), "system:x", "system:x"),
        (Ref("Group", "system:serviceaccounts:kube-system"), "system:x", "system:x"),
        (Ref("User", "system:anonymous"), "system:x", "system:x"),
    ],
)
def test_anything_else_is_not_default(subject: Ref, binding: str, role: str) -> None:
    assert not is_default(subject, Ref("ClusterRoleBinding", binding), Ref("ClusterRole", role))
