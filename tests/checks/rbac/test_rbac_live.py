"""Connection and rights on the embedded cluster: the API server decides as the judge reads the roles."""

import json
from pathlib import Path

import pytest

from tests.checks.verification.test_verify_live import Stack, findings, kubectl, report, run

pytestmark = pytest.mark.live

SERVER = "system:serviceaccount:cortex-mcp:time-mcp-server"


def test_dns_is_really_asked_and_the_certificate_read(stack: Stack) -> None:
    results = {result["name"]: result for result in report(stack, 0)["results"]}
    facts = {(fact["subject"], fact["name"]): fact["value"] for fact in results["connection"]["facts"]}
    (answered,) = [value for (subject, name), value in facts.items() if name == "answer_ms"]
    assert answered > 0
    assert facts["api-server", "certificate_issuer"] == "CN=cortex-ca"
    assert facts["api-server", "latency_min_ms"] <= facts["api-server", "latency_p95_ms"]
    assert facts["credential", "means"] == "client certificate"


def test_undeclared_binding_is_found_with_what_it_opens(stack: Stack) -> None:
    kubectl(stack, "create", "clusterrolebinding", "access-test", "--clusterrole=edit", f"--user={SERVER}")
    try:
        assert findings(report(stack, 1)["results"]) == [("rbac.undeclared-binding", "access-test")]
    finally:
        kubectl(stack, "delete", "clusterrolebinding", "access-test")


def test_kubeconfig_of_the_resource_manager_works(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    code, out, err = run(
        stack, ".venv/bin/cortex", "kubeconfig", "make", "local", "--duration", "10m", "--output", str(file)
    )
    assert (code, out) == (0, ""), err
    who = json.loads(kubectl(stack, "--kubeconfig", str(file), "auth", "whoami", "-o", "json"))
    assert who["status"]["userInfo"]["username"] == "system:serviceaccount:cortex-system:cortex-resource-manager"
    code, out, _ = run(stack, ".venv/bin/cortex", "doctor", "local", "--kubeconfig", str(file), "--format", "json")
    assert code == 3, "it may not forward to CoreDNS, and that is said"
    diagnosis = json.loads(out)
    assert [unknown["permission"] for unknown in diagnosis["result"]["unknowns"]] == [
        {"verb": "list", "resource": "pods", "namespace": "kube-system"}
    ]
