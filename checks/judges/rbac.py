"""Are accounts, roles and bindings as declared? (Seed, section 5.)"""

from checks.findings import Row
from checks.judges import drift
from checks.judges.rows import RBAC
from checks.snapshot import Snapshot
from checks.tally import Tally
from stacks.model import Declaration


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Compare them field by field."""
    tally = Tally(RBAC, "Accounts, roles, bindings")
    drift.judge(tally, declaration, snapshot, RBAC)
    return tally.row()
