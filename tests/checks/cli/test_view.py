"""The commands `usage` and `metrics`: what they show, and their JSON; lines of what is followed."""

import json

import pytest

from checks.cli.options import JSON, TEXT
from checks.cli.view import show_line
from checks.results.result import Ref
from tests.checks.cli.project import LIGHT, Project
from tests.checks.fake_api import Answer, FakeApi, status
from tests.checks.metrics.test_metrics import scrape
from tests.checks.reports import validate
from tests.checks.world import World, declared

METERED = {**LIGHT, "kubeStateMetrics": {"namespace": "cortex-mcp"}}


def test_usage_shows_each_quota(project: Project, api: FakeApi) -> None:
    api.world.tells_usage = True
    api.world.one("resourcequotas", "cortex-mcp")["status"]["used"].update({"pods": "48", "requests.cpu": "2500m"})
    out, err = project.cortex("usage", "test", code=0)
    shown = [line.split() for line in out.splitlines()]
    assert shown[0][:3] == ["cortex", "usage", "test"]
    assert ["cortex-mcp", "0", "pods", "use", "0m", "CPU,", "0Mi", "memory"] in shown
    assert ["pods", "48", "50", "96", "█" * 19 + "░"] in shown
    assert ["requests.cpu", "2500m", "10", "25", "█" * 5 + "░" * 15] in shown
    assert "warning usage.quota  pods: 48 of 50 are used (96.0 %)" in out
    assert err == ""


def test_usage_as_json_follows_its_schema(project: Project, api: FakeApi) -> None:
    api.faults["/apis/metrics.k8s.io"] = [status(403, "no")]
    out, _ = project.cortex("usage", "test", "--format", "json", code=3)
    report = json.loads(out)
    validate(report, "cortex.dev/usage/v2")
    assert (report["status"], report["thresholdPercent"], report["liveAvailable"]) == ("unknown", 90, True)
    assert [space["live"] for space in report["namespaces"]] == [None, None]


def test_metrics_need_a_declared_kube_state_metrics(project: Project) -> None:
    _, err = project.cortex("metrics", "test", code=2)
    assert err == "cortex: stack 'test' declares no kube-state-metrics: add cortex:kubeStateMetrics\n"


def test_metrics_shows_figures_and_health(project: Project, api: FakeApi) -> None:
    project.declare(METERED)
    world = World(declared(servers={}, kubeStateMetrics=METERED["kubeStateMetrics"]))
    api.world.__dict__.update(world.__dict__)
    proxy = "/api/v1/namespaces/cortex-mcp/services/http:kube-state-metrics:"
    plain = {"Content-Type": "text/plain; version=0.0.4"}
    for place, text in (("8080/proxy/metrics", scrape(12)), ("8080/proxy/healthz", "OK"), ("8081/proxy/metrics", "")):
        api.faults[proxy + place] = [Answer(200, text.encode(), plain)]
    out, err = project.cortex("metrics", "test", code=1)
    shown = [" ".join(line.split()) for line in out.splitlines()]
    assert "Nodes 2 1 ready" in shown
    assert "Pods 12 10 running, 1 pending, 1 failed" in shown
    assert "Deployments 2 1 available" in shown
    assert "Health: degraded" in shown
    assert "issue 1 of 2 nodes are not ready" in shown
    assert "advice scale the cluster to at least 3 nodes for high availability" in shown
    assert "error metrics.nodes-not-ready nodes are not ready: node-1" in shown
    assert err == ""
    out, _ = project.cortex("metrics", "test", "--format", "json", code=1)
    report = json.loads(out)
    validate(report, "cortex.dev/metrics/v2")
    assert (report["health"]["status"], report["figures"]["podsFailed"]) == ("degraded", 1)


def test_what_is_followed_is_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    item = Ref("Pod", "a", "team")
    assert show_line(item, "one\n  two", TEXT)
    assert show_line(item, "one", JSON)
    first, second, line = capsys.readouterr().out.splitlines()
    assert (first, second, json.loads(line)) == ("one", "  two", {"kind": "Pod", "name": "a", "namespace": "team"})
