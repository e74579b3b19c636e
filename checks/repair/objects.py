"""Plan the repair of an undeclared object, or of a pod that was changed after its creation."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from checks.kube.resources import Document
from checks.rbac.requests import accounts_of
from checks.repair.actions import Because, Left, left
from checks.repair.author import creator, last_writer, owner
from checks.repair.steps import Step, change, deletion
from checks.results.result import Finding
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

if TYPE_CHECKING:
    from stacks.manifests.manifest import Value

CHANGED_PODS = frozenset(
    {"pod.ephemeral-container", "server.annotation", "server.image", "server.label", "workload.image"}
)
"""Codes of a changed pod. It is deleted, and its controller creates another one, as declared."""
_BINDING = "rbac.undeclared-binding"


def object_repairs(declaration: Declaration, finding: Finding, live: Document) -> Iterator[Step | Left]:
    """Yield the steps that fix a finding, or the reason to leave it; nothing if the object is being deleted."""
    ref, metadata = finding.object, cast("Mapping[str, Value]", live["metadata"])
    changed_pod = ref.kind == "Pod" and finding.code in CHANGED_PODS
    if "deletionTimestamp" in metadata:
        if metadata.get("finalizers"):
            names = ", ".join(cast("list[str]", metadata["finalizers"]))
            yield left(finding, Because.PERSON, f"it is being deleted and waits for its finalizers ({names})")
    elif (by := owner(live)) is not None and not changed_pod:
        yield left(
            finding, Because.OWNER, f"{by} owns the object and would create it again: change or delete the owner"
        )
    elif finding.code == _BINDING and (others := _others(declaration, live)):
        yield from _without_ours(finding, live, others)
    else:
        yield deletion(ref, live, finding, last_writer(live) if changed_pod else creator(live))


def _others(declaration: Declaration, live: Document) -> frozenset[int]:
    """Return the indexes of a binding's subjects that are not accounts of the stack: they keep the role."""
    users = {account.user for account in accounts_of(build(declaration))}
    return frozenset(index for index, subject in enumerate(_subjects(live)) if _user(subject) not in users)


def _without_ours(finding: Finding, live: Document, others: frozenset[int]) -> Iterator[Step]:
    for index in range(len(_subjects(live))):
        step = change(finding.object, live, ("subjects", f"[{index}]"), finding)
        if index not in others and step is not None:
            yield step


def _subjects(live: Document) -> list[Mapping[str, str]]:
    return cast("list[Mapping[str, str]]", live.get("subjects") or [])


def _user(subject: Mapping[str, str]) -> str:
    if subject.get("kind") == "ServiceAccount":
        return f"system:serviceaccount:{subject.get('namespace', '')}:{subject['name']}"
    return subject["name"] if subject.get("kind") == "User" else ""
