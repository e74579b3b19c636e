"""Are the declared namespaces there, labelled, secured and limited as declared, and no others? (Seed, section 4.)"""

from checks import objects as k8s
from checks.findings import Ref, Row
from checks.judges import drift
from checks.judges.rows import NAMESPACES
from checks.snapshot import Snapshot
from checks.tally import Tally
from stacks import names
from stacks.model import Declaration


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Judge each declared namespace with its ResourceQuota and LimitRange, and look for others of ours."""
    tally = Tally(NAMESPACES, "Namespaces, quotas, limits")
    drift.judge(tally, declaration, snapshot, NAMESPACES)
    if (listing := tally.use(snapshot.objects.typed("Namespace", "", k8s.Namespace))) is not None:
        for namespace in listing.value:
            _namespace(tally, declaration, namespace)
    return tally.row()


def _namespace(tally: Tally, declaration: Declaration, live: k8s.Namespace) -> None:
    name, labels = live.metadata.name, live.metadata.labels
    if name in declaration.namespaces:
        phase = live.status.phase
        tally.equal("namespace.terminating", Ref("Namespace", name), f"the namespace is {phase}", "Active", phase)
    elif names.COMPONENT in labels:
        message = f"it carries the label {names.COMPONENT}, but the stack does not declare it"
        component = labels[names.COMPONENT]
        tally.fault("namespace.undeclared", Ref("Namespace", name), message, expected=None, actual=component)
