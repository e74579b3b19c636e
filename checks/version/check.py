"""Check the version of Kubernetes."""

from checks.results.builder import ResultBuilder
from checks.results.result import CLUSTER, Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.model.declaration import Declaration


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check that the version is 1.30 or later."""
    if (version := builder.use(snapshot.version)) is not None:
        minor = int(version.value.git_version.split(".")[1])
        builder.holds(minor >= 30, "version.old", Ref(CLUSTER, declaration.cluster.context), "Kubernetes is old")


CHECK = Check("version", "Version", frozenset(), (), check)
