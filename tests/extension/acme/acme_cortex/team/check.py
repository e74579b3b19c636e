"""Check that each declared namespace has the label `acme.test/team`."""

import msgspec

from checks.kube.models import Meta
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks import Declaration

LABEL = "acme.test/team"


class _Namespace(msgspec.Struct):
    metadata: Meta


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Add a finding for each declared namespace without the label."""
    listed = builder.use(snapshot.whole("Namespace", _Namespace))
    for namespace in listed.value if listed else ():
        name, labels = namespace.metadata.name, namespace.metadata.labels
        if name in declaration.namespaces:
            message = "the namespace does not name its team"
            builder.holds(LABEL in labels, "team.missing", Ref("Namespace", name), message, expected=LABEL)


CHECK = Check("team", "Teams", needs=frozenset({"Namespace"}), collectors=(), check=check)
