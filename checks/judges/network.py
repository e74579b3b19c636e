"""Are the NetworkPolicies as declared?"""

from checks.findings import Row
from checks.judges import drift
from checks.judges.rows import NETWORK
from checks.snapshot import Snapshot
from checks.tally import Tally
from stacks.model import Declaration


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Compare them field by field."""
    tally = Tally(NETWORK, "Network policies")
    drift.judge(tally, declaration, snapshot, NETWORK)
    return tally.row()
