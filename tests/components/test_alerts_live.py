"""The alerts as Prometheus' own tool reads them: valid, firing on what they are for and on nothing else."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
import yaml

from stacks.model import names
from stacks.program import deploy
from tests.components.full import SECRETS, full
from tests.components.recording import record
from tests.conftest import Cluster

pytestmark = pytest.mark.live

TESTS = Path(__file__).with_name("alerts.promtool.yaml")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the rules of the PrometheusRules that the components make of a declaration."""
    folder = tmp_path_factory.mktemp("alerts")
    made = record(lambda: deploy(full()), SECRETS).of("PrometheusRule").values()
    groups = [group for rule in made for group in cast("list[object]", rule.at("spec.groups"))]
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
    shutil.copy(TESTS, folder)
    return folder


def promtool(checkers: Mapping[str, Path], folder: Path, *arguments: str) -> str:
    done = subprocess.run([checkers["promtool"], *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_rule_is_valid(rules: Path, checkers: Mapping[str, Path]) -> None:
    shown = promtool(checkers, rules, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")
    assert "SUCCESS: 10 rules found" in shown


def test_each_alert_fires_on_what_it_is_for_and_on_nothing_else(rules: Path, checkers: Mapping[str, Path]) -> None:
    groups = yaml.safe_load((rules / "rules.yaml").read_text())["groups"]
    tested = [test["alert_rule_test"] for test in yaml.safe_load(TESTS.read_text())["tests"]]
    fired = {alert["alertname"] for alerts in tested for alert in alerts if alert["exp_alerts"]}
    assert fired == {rule["alert"] for group in groups for rule in group["rules"]}
    assert "SUCCESS" in promtool(checkers, rules, "test", "rules", TESTS.name)


def test_the_made_up_series_are_those_of_the_live_cluster(stack: Cluster) -> None:
    """Same metrics, same labels: kube-state-metrics, the agent and the API server of the embedded cluster have them."""
    paths = [
        f"/api/v1/namespaces/{namespace}/services/{service}/proxy/metrics"
        for namespace, service in (
            (names.MONITORING_NAMESPACE, f"{names.KUBE_STATE_METRICS}:{names.HTTP_METRICS}"),
            (names.SYSTEM_NAMESPACE, f"{names.AGENT}:{names.HTTP}"),
        )
    ]
    tests = yaml.safe_load(TESTS.read_text())["tests"]
    made_up = exposed("\n".join(series["series"] for test in tests for series in test["input_series"]))
    latency = {name for name, _ in made_up if name.startswith("apiserver_")}
    with ended_jobs(stack):
        deadline = time.monotonic() + 120
        wanted = {pair for pair in made_up if pair[0] not in latency}
        while unknown := wanted - exposed("\n".join(raw(stack, path) for path in paths)):
            assert time.monotonic() < deadline, unknown
            time.sleep(1)
    live = exposed(raw(stack, "/metrics"))
    # The rule sums over every label but two, so that the made-up ones have no others.
    assert {(name, frozenset({"verb", "le"})) for name in latency} == {
        (name, labels & {"verb", "le"}) for name, labels in live if name in latency
    }


def raw(stack: Cluster, path: str) -> str:
    return stack.run("kubectl", "get", "--raw", path).stdout


FAILING = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: fails, namespace: default}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      activeDeadlineSeconds: 1
      template:
        spec: {restartPolicy: Never, containers: [{name: fails, image: "registry.invalid/none:1"}]}
"""


@contextmanager
def ended_jobs(stack: Cluster) -> Iterator[None]:
    """Let the verifier's CronJob succeed once, and another one fail: some metrics are only of such."""
    inside = ("--namespace", names.SYSTEM_NAMESPACE)
    stack.run("kubectl", "create", "-f", "-", given=FAILING)
    stack.run("kubectl", "create", "job", "now", *inside, f"--from=cronjob/{names.VERIFY}")
    try:
        stack.run("kubectl", "wait", "job/now", *inside, "--for=condition=Complete", "--timeout=300s")
        yield
    finally:
        # A scheduled run that ended later takes its place in the history that is kept.
        stack.run("kubectl", "delete", "job", "now", *inside, "--ignore-not-found")
        stack.run("kubectl", "delete", "cronjob", "fails", "--namespace", "default")


def exposed(text: str) -> set[tuple[str, frozenset[str]]]:
    """Give the name of each sample in Prometheus' text format with the names of its labels."""
    samples = re.findall(r"^([a-z_]+)(?:\{(.*)\})?(?= |$)", text, re.MULTILINE)
    return {(name, frozenset(re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', labels))) for name, labels in samples}
