"""Are the ConfigMaps as declared? (Seed, section 7.)"""

from checks.drift import check as drift
from checks.drift.routing import CONFIG
from checks.results.builder import Tally
from checks.results.result import Row
from checks.verification.snapshot import Snapshot
from stacks.model.declaration import Declaration


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Compare them field by field."""
    tally = Tally(CONFIG, "ConfigMaps")
    drift.judge(tally, declaration, snapshot, CONFIG)
    return tally.row()
