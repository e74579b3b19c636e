"""The metrics follow the conventions of Prometheus, and count what the parts count."""

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from checks.agent.agent import Agent
from checks.agent.metrics import AgentCollector, Counts, render
from checks.event_log.writer import LogStats
from checks.kube.connection import Connection
from checks.kube.watch.connector import Connector
from checks.kube.watch.stats import WatchStats
from checks.target import Target
from tests.checks.event_log.samples import occurred
from tests.checks.world import declared


def rendered() -> bytes:
    watch = WatchStats("events", "cortex-mcp", changes=7, heard=datetime.now(UTC), problem="down")
    watch.failures["ReadTimeout"] += 2
    counts = Counts()
    counts.occurred(occurred(1, times=3))
    return render(AgentCollector(lambda: [watch], lambda: LogStats(written=5, problem="disk full"), counts))


def test_what_the_parts_count_is_shown() -> None:
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(rendered().decode())
        for sample in family.samples
    }
    assert samples["cortex_agent_watch_changes_total", "cortex-mcp", "events"] == 7
    assert samples["cortex_agent_watch_failures_total", "ReadTimeout", "cortex-mcp", "events"] == 2
    assert samples["cortex_agent_watch_failing", "cortex-mcp", "events"] == 1
    assert samples["cortex_agent_events_total", "BackOff", "Warning", "cortex-mcp"] == 3
    assert samples["cortex_agent_log_entries_total",] == 5
    assert samples["cortex_agent_log_failing",] == 1


@pytest.mark.live
def test_promtool_accepts_all_metrics(tmp_path: Path, checkers: Mapping[str, Path]) -> None:
    connection = Connection("test", "https://api")
    target = Target("test", declared(), connection)
    agent = Agent(target, Connector(connection, lambda: connection), tmp_path)
    command = [str(checkers["promtool"]), "check", "metrics", "--lint=all"]
    done = subprocess.run(command, input=agent.metrics(), capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
