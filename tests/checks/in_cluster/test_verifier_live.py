"""The verifier of the deployed local stack: green after the deployment, red after a drift, with no right too many."""

import json
from typing import Any

import pytest

from tests.checks.verification.test_verify_live import Stack, drifted, findings, kubectl, run

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("no_failed_run")]

SYSTEM = ("-n", "cortex-system")
ACCOUNT = "--as=system:serviceaccount:cortex-system:cortex-verifier"
QUOTA = ["resourcequota", "-n", "cortex-mcp", "cortex-mcp-quota"]


def result(stack: Stack) -> dict[str, Any]:
    """Give the published result, its report decoded."""
    config_map = json.loads(kubectl(stack, "get", "configmap", *SYSTEM, "cortex-verification", "-o", "json"))
    return {**config_map["data"], "report": json.loads(config_map["data"]["report.json"])}


def scheduled_run(stack: Stack, name: str, condition: str) -> dict[str, Any]:
    """Run the CronJob now, wait until its Job is Complete or Failed, and give what it published."""
    kubectl(stack, "create", "job", *SYSTEM, name, "--from=cronjob/cortex-verify")
    try:
        kubectl(stack, "wait", *SYSTEM, f"job/{name}", f"--for=condition={condition}", "--timeout=300s")
        return result(stack)
    finally:
        # A later scheduled run takes the place of this one in the history that is kept.
        kubectl(stack, "delete", "job", *SYSTEM, name, "--ignore-not-found")


def test_deployment_was_verified(stack: Stack) -> None:
    config_map = json.loads(kubectl(stack, "get", "configmap", *SYSTEM, "cortex-declaration", "-o", "json"))
    digest = config_map["metadata"]["annotations"]["cortex.dev/declaration-hash"]
    name = f"cortex-verify-{digest[:8]}"
    job = json.loads(kubectl(stack, "get", "job", *SYSTEM, name, "-o", "json"))
    assert job["status"]["succeeded"] == 1
    # The Job may have tried more than once.
    its_pods = ("-l", f"batch.kubernetes.io/job-name={name}", "--field-selector=status.phase=Succeeded", "-o", "name")
    (pod,) = kubectl(stack, "get", "pods", *SYSTEM, *its_pods).split()
    assert kubectl(stack, "logs", *SYSTEM, pod).splitlines()[-1].startswith("As declared: ")


def test_drift_turns_the_scheduled_run_red_and_its_end_green(stack: Stack) -> None:
    with drifted(stack, QUOTA, {"spec": {"hard": {"pods": "49"}}}):
        published = scheduled_run(stack, "cortex-verify-test-red", "Failed")
    assert (published["status"], published["exit-code"]) == ("fail", "1")
    assert findings(published["report"]["results"]) == [("quota.hard", "cortex-mcp-quota")]
    published = scheduled_run(stack, "cortex-verify-test-green", "Complete")
    assert (findings(published["report"]["results"]), published["exit-code"]) == ([], "0")


@pytest.mark.parametrize(
    "request_",
    [
        ("list", "secrets", *SYSTEM),
        ("list", "pods", "-n", "default"),
        ("get", "configmaps/other", *SYSTEM),
        ("patch", "configmaps/cortex-declaration", *SYSTEM),
        ("create", "services/proxy", "-n", "cortex-mcp"),
        ("create", "pods", *SYSTEM),
    ],
    ids=" ".join,
)
def test_verifier_may_not(stack: Stack, request_: tuple[str, ...]) -> None:
    code, out, _ = run(stack, "kubectl", "auth", "can-i", *request_, ACCOUNT)
    assert (code, out.strip()) == (1, "no")
