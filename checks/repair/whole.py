"""Plans what becomes of an object that nobody declared, or of a pod that is not as its workload made it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from checks.kube.resources import Document
from checks.rbac import requests
from checks.repair.actions import Because, Left, left
from checks.repair.author import changer, maker, owner
from checks.repair.steps import Step, change, deletion
from checks.results.result import Finding
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

if TYPE_CHECKING:
    from stacks.manifests.manifest import Value

CHANGED_PODS = frozenset({"pod.ephemeral-container", "server.annotation", "server.image", "server.label"})
"""Of a pod: what somebody changed in it. Its controller makes another, as declared."""
_BINDING = "rbac.undeclared-binding"


def repairs(declaration: Declaration, finding: Finding, live: Document) -> Iterator[Step | Left]:
    """Yield what puts a finding right; nothing if the object is already going."""
    ref, metadata = finding.object, cast("Mapping[str, Value]", live["metadata"])
    changed_pod = ref.kind == "Pod" and finding.code in CHANGED_PODS
    if "deletionTimestamp" in metadata:
        if metadata.get("finalizers"):
            names = ", ".join(cast("list[str]", metadata["finalizers"]))
            yield left(finding, Because.PERSON, f"it is being deleted, and waits for its finalizers ({names})")
    elif (by := owner(live)) is not None and not changed_pod:
        yield left(finding, Because.OWNER, f"{by} owns the object and makes it again: change or delete that")
    elif finding.code == _BINDING and (others := _others(declaration, live)):
        yield from _without_ours(finding, live, others)
    else:
        yield deletion(ref, live, finding, changer(live) if changed_pod else maker(live))


def _others(declaration: Declaration, live: Document) -> frozenset[int]:
    """Return which subjects of a binding are no accounts of the stack: they keep what it gives them."""
    users = {account.user for account in requests.accounts(build(declaration))}
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
