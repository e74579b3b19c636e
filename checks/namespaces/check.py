"""Check that the declared namespaces, quotas and limits are as declared, and that there are no other namespaces."""

from checks.drift.compare import compare
from checks.drift.routing import NAMESPACES
from checks.kube import models as k8s
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.model import names
from stacks.model.declaration import Declaration

_PREFIX = "cortex-"
"""Prefix of the names of managed namespaces."""


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check each declared namespace, ResourceQuota and LimitRange, and look for undeclared managed namespaces."""
    compare(builder, declaration, snapshot, NAMESPACES)
    if (listing := builder.use(snapshot.typed("Namespace", "", k8s.Namespace))) is not None:
        for namespace in listing.value:
            _namespace(builder, declaration, namespace)
        live = {namespace.metadata.name for namespace in listing.value}
        for name in declaration.existing_namespaces:
            message = "the namespace does not exist, and the stack uses it without making it"
            actual = "present" if name in live else "absent"
            builder.equal("namespace.not-existing", Ref("Namespace", name), message, "present", actual, Remedy.PERSON)


def _namespace(builder: ResultBuilder, declaration: Declaration, live: k8s.Namespace) -> None:
    name, labels = live.metadata.name, live.metadata.labels
    if name in declaration.namespaces or name in declaration.existing_namespaces:
        phase = live.status.phase
        builder.equal("namespace.terminating", Ref("Namespace", name), f"the namespace is {phase}", "Active", phase)
    elif names.COMPONENT in labels or name.startswith(_PREFIX):
        sign = f"it has the label {names.COMPONENT}" if names.COMPONENT in labels else f"its name begins with {_PREFIX}"
        message = f"{sign}, but the stack does not declare it"
        actual = labels.get(names.COMPONENT, "present")
        builder.fault("namespace.undeclared", Ref("Namespace", name), message, expected=None, actual=actual)


CHECK = Check(
    NAMESPACES, "Namespaces, quotas, limits", frozenset({"LimitRange", "Namespace", "ResourceQuota"}), (), check
)
