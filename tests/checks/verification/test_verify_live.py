"""`cortex verify local` against the embedded cluster as it was deployed, and drifted from it one thing at a time."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from tests import preloaded
from tests.checks.reports import validate

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("no_failed_run")]

Json = dict[str, Any]
MANAGER = "cortex-test"
OF_THE_MOMENT = ("api.latency", "verifier.failed")
RUN_SECONDS = 180
"""What a command may take."""


class Stack(Protocol):
    """The deployed local stack (a session fixture of all live tests)."""

    env: Mapping[str, str]
    root: Path


def run(stack: Stack, *command: str, env: Mapping[str, str] | None = None, stdin: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        command,
        cwd=stack.root,
        env={**stack.env, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )
    return done.returncode, done.stdout, done.stderr


def verify(stack: Stack, *options: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    command = preloaded.cortex("verify", "local", *options)
    done = preloaded.run(command, stack.root, {**stack.env, **(env or {})}, seconds=RUN_SECONDS)
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stderr == ""
    return done.returncode, done.stdout


def kubectl(stack: Stack, *args: str, stdin: str = "") -> str:
    code, out, err = run(stack, "kubectl", *args, stdin=stdin)
    assert code == 0, err
    return out


def report(stack: Stack, code: int) -> Json:
    got, out = verify(stack, "--format", "json")
    document_: Json = json.loads(out)
    validate(document_)
    assert got == code, out
    return document_


def findings(results: list[Json]) -> list[tuple[str, str]]:
    """Give code and object of each finding, but not that the machine is busy or a scheduled run met a test's drift."""
    found = [(f["code"], f["object"]["name"]) for result in results for f in result["findings"]]
    return [finding for finding in found if finding[0] not in OF_THE_MOMENT]


@contextmanager
def drifted(stack: Stack, target: list[str], patch: Json) -> Iterator[None]:
    """Change an object by a merge patch, and restore it, with the ownership of its fields, afterwards."""
    original: Json = json.loads(kubectl(stack, "get", *target, "-o", "json"))
    _patch(stack, target, "merge", patch)
    try:
        yield
    finally:
        _patch(stack, target, "merge", _opposite(patch, original))
        # A manager that keeps the field would make the next deployment's change of it a conflict.
        fields = json.loads(kubectl(stack, "get", *target, "-o", "json", "--show-managed-fields"))
        entries = fields["metadata"]["managedFields"]
        ours = [n for n, entry in enumerate(entries) if entry["manager"] == MANAGER]
        drop = [{"op": "remove", "path": f"/metadata/managedFields/{n}"} for n in reversed(ours)]
        _patch(stack, target, "json", drop)


def _patch(stack: Stack, target: list[str], kind: str, patch: object) -> None:
    kubectl(stack, "patch", *target, f"--type={kind}", f"--field-manager={MANAGER}", "-p", json.dumps(patch))


def _opposite(patch: Json, original: Json) -> Json:
    return {
        key: _opposite(value, original.get(key, {})) if isinstance(value, dict) else original.get(key)
        for key, value in patch.items()
    }


def test_deployed_stack_is_as_declared(stack: Stack) -> None:
    for _ in range(3):  # the API server of a busy machine may be found slow
        code, out = verify(stack)
        if "api.latency" not in out:
            break
    assert code == 0, out
    lines = out.splitlines()
    assert [line.split()[-1] for line in lines[3:16]] == ["pass"] * 13
    assert lines[-1].startswith("As declared: ")


def test_json_tells_what_was_observed(stack: Stack) -> None:
    results = {result["name"]: result for result in report(stack, 0)["results"]}
    facts = {(fact["subject"], fact["name"]): fact["value"] for fact in results["mcp"]["facts"]}
    assert facts["time", "tools"] >= 2
    assert 0 < facts["kubernetes", "latency_ms"] < 15_000
    facts = {(fact["subject"], fact["name"]): fact["value"] for fact in results["connection"]["facts"]}
    assert facts["nodes", "ready"] == 1


def kubeconfig(stack: Stack, path: Path, server: str | None = None, token: str | None = None) -> dict[str, str]:
    """Write a kubeconfig with another server or another account, and give the variable that names it."""
    config: Json = yaml.safe_load(Path(stack.env["KUBECONFIG"]).read_text())
    if server is not None:
        for cluster in config["clusters"]:
            cluster["cluster"]["server"] = server
    if token is not None:
        for user in config["users"]:
            user["user"] = {"token": token}
    path.write_text(yaml.safe_dump(config))
    path.chmod(0o600)
    return {"KUBECONFIG": str(path)}


def test_unreachable_cluster_is_unknown(stack: Stack, tmp_path: Path) -> None:
    code, out = verify(stack, env=kubeconfig(stack, tmp_path / "kubeconfig", server="https://127.0.0.1:1"))
    assert code == 3, out
    assert "unreachable" in out
    assert " ok" not in out


def test_forbidden_account_is_unknown_and_names_what_it_lacks(stack: Stack, tmp_path: Path) -> None:
    kubectl(stack, "create", "serviceaccount", "-n", "default", "cortex-test-nobody")
    try:
        token = kubectl(stack, "create", "token", "-n", "default", "cortex-test-nobody", "--duration=10m").strip()
        code, out = verify(stack, env=kubeconfig(stack, tmp_path / "kubeconfig", token=token))
    finally:
        kubectl(stack, "delete", "serviceaccount", "-n", "default", "cortex-test-nobody")
    assert code == 3, out
    assert token not in out
    assert 'the account lacks the verb "list" on "nodes" cluster-wide: grant it' in out
    assert 'the account lacks the verb "create" on "services/proxy" in namespace cortex-mcp: grant it' in out
