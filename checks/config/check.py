"""Are the ConfigMaps as declared? (Seed, section 7.)"""

from checks.drift import check as drift
from checks.drift.routing import CONFIG
from checks.results.builder import ResultBuilder
from checks.results.result import Result
from checks.verification.snapshot import Snapshot
from stacks.model.declaration import Declaration


def check(declaration: Declaration, snapshot: Snapshot) -> Result:
    """Compare them field by field."""
    builder = ResultBuilder(CONFIG, "ConfigMaps")
    drift.check(builder, declaration, snapshot, CONFIG)
    return builder.result()
