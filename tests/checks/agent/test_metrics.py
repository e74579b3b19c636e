"""The metrics follow the conventions of Prometheus, and count what the parts count."""

import json
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from checks.agent.agent import Agent
from checks.agent.metrics import AgentCollector, Counts, render
from checks.event_log.writer import LogStats
from checks.formats import prometheus
from checks.kube.connection import Connection
from checks.kube.watch.connector import Connector
from checks.kube.watch.stats import WatchStats
from checks.results.result import Fact, Result, Status
from checks.target import Target
from stacks.manifests.dashboard import PANELS
from tests.checks.event_log.samples import occurred
from tests.checks.formats.sample import REPORT
from tests.checks.world import declared


def rendered() -> bytes:
    watch = WatchStats("events", "cortex-mcp", changes=7, heard=datetime.now(UTC), problem="down")
    watch.failures["ReadTimeout"] += 2
    counts = Counts()
    counts.occurred(occurred(1, times=3))
    return render(AgentCollector(lambda: [watch], lambda: LogStats(written=5, problem="disk full"), counts))


def agent(folder: Path) -> Agent:
    connection = Connection("test", "https://api")
    return Agent(Target("test", declared(), connection), Connector(connection, lambda: connection), folder)


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


def test_the_dashboard_asks_for_metrics_that_there_are(tmp_path: Path) -> None:
    facts = (Fact("time", "outcome", "answered"), Fact("time", "latency_ms", 1.0))
    result = Result("mcp", "", Status.PASS, 1, 0, (), (), facts, 0.1)
    served = rendered() + agent(tmp_path).metrics() + prometheus.render(replace(REPORT, results=(result,))).encode()
    known = set(re.findall(r"^# TYPE (\S+)", served.decode(), re.MULTILINE))
    asked = {name for panel in PANELS for name in re.findall(r"cortex_\w+", panel.query)}
    assert {name.removesuffix("_bucket") for name in asked} <= known


@pytest.mark.live
def test_promtool_accepts_all_metrics(tmp_path: Path, checkers: Mapping[str, Path]) -> None:
    command = [str(checkers["promtool"]), "check", "metrics", "--lint=all"]
    done = subprocess.run(command, input=agent(tmp_path).metrics(), capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


@pytest.mark.live
def test_promtool_accepts_the_queries_of_the_dashboard(tmp_path: Path, checkers: Mapping[str, Path]) -> None:
    rules = [{"record": f"panel:{number}", "expr": panel.query} for number, panel in enumerate(PANELS)]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run([checkers["promtool"], "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {len(PANELS)} rules found" in done.stdout
