"""`cortex agent` with 20,000 pods: its memory, and how much of a core 1,000 logged changes a second take."""

import argparse
import os
import tempfile
import time
from pathlib import Path

from bench.agent_process import AgentProcess, agent
from bench.api_server import NAMESPACES, ApiServer
from local.waiting import wait_until

PODS = 20_000
PER_SECOND = 1000
MEMORY_GOAL, CORE_GOAL = 120, 1.0
_CHANGES = "cortex_agent_watch_changes_total"


def main() -> None:
    """Print the memory, the share of a core, and the memory afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="how long to send changes")
    parser.add_argument("--pods", type=int, default=PODS, help="how many pods there are")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ApiServer(options.pods) as server:
        folder = Path(name)
        with agent(folder, server.kubeconfig(folder / "kubeconfig"), NAMESPACES) as run:
            known = run.metric("cortex_agent_watch_objects")
            _say(f"cortex agent with {known:,.0f} pods: {run.memory} MB, at most {run.peak} MB (goal {MEMORY_GOAL})")
            for rate in (PER_SECOND, 2 * PER_SECOND):
                _load(run, server, rate, options.seconds)


def _load(run: AgentProcess, server: ApiServer, rate: int, seconds: int) -> None:
    told, logged, used = run.metric(_CHANGES), run.metric("cortex_agent_log_entries_total"), run.cpu_seconds
    started, changes = time.monotonic(), rate * seconds
    server.send(changes, rate)
    sent = time.monotonic() - started
    assert wait_until(lambda: run.metric(_CHANGES) >= told + changes, 300, 0.5), "changes are missing"
    behind = time.monotonic() - started - sent
    used = run.cpu_seconds - used
    logged = run.metric("cortex_agent_log_entries_total") - logged
    _say(
        f"{changes / sent:,.0f} changes/s for {sent:.0f} s: {used / sent:.2f} of a core (goal {CORE_GOAL}), "
        f"{used / changes * 1e6:.0f} µs a change, so {changes / used:,.0f} changes/s of a whole core; all told "
        f"{behind:.1f} s later; {logged:,.0f} lines; {run.memory} MB; load of the machine {os.getloadavg()[0]:.1f}"
    )


def _say(line: str) -> None:
    """Print a line at once: the next takes a while."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
