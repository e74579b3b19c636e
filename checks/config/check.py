"""Are the ConfigMaps as declared? (Seed, section 7.)"""

from checks.drift import check as drift
from checks.drift.routing import CONFIG
from checks.results.builder import ResultBuilder
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.model.declaration import Declaration


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Compare them field by field."""
    drift.check(builder, declaration, snapshot, CONFIG)


CHECK = Check("config", "ConfigMaps", frozenset({"Namespace", "ConfigMap"}), (), check)
