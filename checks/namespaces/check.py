"""Are the declared namespaces there, labelled, secured and limited as declared, and no others? (Seed, section 4.)"""

from checks.drift import check as drift
from checks.drift.routing import NAMESPACES
from checks.kube import models as k8s
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.model import names
from stacks.model.declaration import Declaration

_OURS = "cortex-"
"""How the names of a stack's namespaces begin, by the seed."""


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Judge each declared namespace with its ResourceQuota and LimitRange, and look for others of ours."""
    drift.check(builder, declaration, snapshot, NAMESPACES)
    if (listing := builder.use(snapshot.typed("Namespace", "", k8s.Namespace))) is not None:
        for namespace in listing.value:
            _namespace(builder, declaration, namespace)


def _namespace(builder: ResultBuilder, declaration: Declaration, live: k8s.Namespace) -> None:
    name, labels = live.metadata.name, live.metadata.labels
    if name in declaration.namespaces:
        phase = live.status.phase
        builder.equal("namespace.terminating", Ref("Namespace", name), f"the namespace is {phase}", "Active", phase)
    elif names.COMPONENT in labels or name.startswith(_OURS):
        sign = f"it carries the label {names.COMPONENT}" if names.COMPONENT in labels else f"it begins with {_OURS}"
        message = f"{sign}, but the stack does not declare it"
        actual = labels.get(names.COMPONENT, "present")
        builder.fault("namespace.undeclared", Ref("Namespace", name), message, expected=None, actual=actual)


CHECK = Check(
    "namespaces", "Namespaces, quotas, limits", frozenset({"LimitRange", "Namespace", "ResourceQuota"}), (), check
)
