"""NetworkPolicies of the deployed local stack, tried by probe pods: enforced, told where not, cleaned up."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import yaml

from tests.checks.verification.test_verify_live import Stack, kubectl, report, verify

pytestmark = pytest.mark.live

PROBES = ("get", "jobs,pods", "-A", "-l", "cortex.dev/probe", "-o", "name")
VERIFY = (sys.executable, "-m", "checks.cli.main", "verify", "local", "--format", "json")


def network(document: dict[str, Any]) -> dict[str, Any]:
    (result,) = [result for result in document["results"] if result["name"] == "network"]
    assert isinstance(result, dict)
    return result


def test_policies_are_enforced_and_no_probe_is_left(stack: Stack) -> None:
    result = network(report(stack, 0))
    code, out = verify(stack, "--format", "json", "--read-only")
    compared = network(json.loads(out))
    assert (code, result["status"], compared["status"]) == (0, "pass", "skipped")
    # Of each of two servers: two clients in cortex-system, and a stranger beside it.
    assert result["passed"] - compared["passed"] == 6
    wait_for_no_probe(stack)


def test_what_the_policies_do_not_say_is_found(stack: Stack, tmp_path: Path) -> None:
    shutil.copy(stack.root / "Pulumi.yaml", tmp_path)
    settings = yaml.safe_load((stack.root / "Pulumi.local.yaml").read_text())
    settings["config"]["cortex:servers"]["time"]["clients"] = [{"namespace": "cortex-workers"}]
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump(settings))
    env = {**stack.env, "PYTHONPATH": str(stack.root)}
    done = subprocess.run(VERIFY, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=180)
    assert (done.returncode, done.stderr) == (1, "")
    found = {(f["code"], f["message"].split(",")[0]) for f in network(json.loads(done.stdout))["findings"]}
    # That the policies differ from this declaration is found as well.
    assert {(code, message) for code, message in found if code in ("network.open", "network.closed")} == {
        ("network.open", "a pod of namespace cortex-system is not a declared client"),
        ("network.closed", "a pod of namespace cortex-workers is a declared client"),
    }


def test_interrupted_verification_leaves_no_probe(stack: Stack) -> None:
    wait_for_no_probe(stack)
    process = subprocess.Popen(
        VERIFY,
        cwd=stack.root,
        env=dict(stack.env),
        stdout=subprocess.PIPE,
        text=True,
        # Whoever started the tests may ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    end = monotonic() + 60
    while not kubectl(stack, *PROBES):
        assert monotonic() < end, "no probe was seen"
        sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    wait_for_no_probe(stack)


def wait_for_no_probe(stack: Stack) -> None:
    """Wait until the garbage collector is done; the Jobs themselves are deleted before the command ends."""
    assert kubectl(stack, "get", "jobs", *PROBES[2:]) == ""
    end = monotonic() + 30
    while (left := kubectl(stack, *PROBES)) and monotonic() < end:
        sleep(0.2)
    assert left == ""
