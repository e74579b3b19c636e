"""`python -m local.node PLAN`: the node process, in namespaces of its own if the plan has a link."""

import subprocess
import sys
from pathlib import Path

from local.node import cgroups, mounts, network
from local.node.status import NodeStatus
from local.node.supervisor import Supervisor
from local.node_plan import Plan


def main(path: str) -> int:
    """Run the plan at this path; 0 when told to stop, 1 when it could not start."""
    plan = Plan.load(Path(path))
    if plan.link:
        try:
            mounts.set_up(plan.folder, plan.binds)
            cgroups.create(plan.cgroup)
            network.set_up(plan.link)
        except (OSError, subprocess.CalledProcessError) as error:
            detail = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
            NodeStatus(phase="failed", message=f"the node's namespaces: {detail}").save(Path(plan.status))
            return 1
    return 0 if Supervisor(plan).run() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
