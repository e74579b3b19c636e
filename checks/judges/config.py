"""Are the ConfigMaps as declared? (Seed, section 7.)"""

from checks.findings import Row
from checks.judges import drift
from checks.judges.rows import CONFIG
from checks.snapshot import Snapshot
from checks.tally import Tally
from stacks.model import Declaration


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Compare them field by field."""
    tally = Tally(CONFIG, "ConfigMaps")
    drift.judge(tally, declaration, snapshot, CONFIG)
    return tally.row()
