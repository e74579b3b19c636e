"""Command line of the node process: `python -m local.node PLAN`."""

import subprocess
import sys
from pathlib import Path

from local.node import cgroups, mounts, network
from local.node.status import NodeStatus
from local.node.supervisor import Supervisor
from local.node_plan import Plan


def main(path: str) -> int:
    """Run the plan at this path. Return 0 after SIGTERM or SIGINT, 1 if the node could not start."""
    plan = Plan.load(Path(path))
    if plan.link:
        try:
            mounts.set_up(plan.folder, plan.binds)
            cgroups.create(plan.cgroup)
            network.set_up(plan.link)
        except (OSError, subprocess.CalledProcessError) as error:
            detail = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
            message = f"the node's namespaces cannot be set up: {detail}"
            NodeStatus(phase="failed", message=message).save(Path(plan.status))
            return 1
    return 0 if Supervisor(plan).run() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
