"""Check that the ConfigMaps are as declared."""

from checks.drift.compare import compare
from checks.drift.routing import CONFIG
from checks.results.builder import ResultBuilder
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.model.declaration import Declaration


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Compare the ConfigMaps field by field."""
    compare(builder, declaration, snapshot, CONFIG)


CHECK = Check(CONFIG, "ConfigMaps", frozenset({"Namespace", "ConfigMap"}), (), check)
