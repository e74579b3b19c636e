"""An update with secrets that is killed: the documented way back loses nothing, makes nothing twice, shows nothing."""

import base64
import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping

import pytest

from local.waiting import wait_until
from tests.leaks import seeding
from tests.leaks.canary import Canary, canary, leaks
from tests.leaks.seeding import SPACE, UP, Deployed, kept

pytestmark = pytest.mark.live

PATIENCE_SECONDS = 240


def checkpoint(deployed: Deployed) -> str:
    return (deployed.state / "state/.pulumi/stacks/cortex/local.json").read_text()


def is_locked(deployed: Deployed) -> bool:
    return any((deployed.state / "state/.pulumi/locks").rglob("*.json"))


def creates(deployed: Deployed) -> bool:
    return '"creating"' in checkpoint(deployed)


def updates_deployment(deployed: Deployed) -> bool:
    try:
        pending = json.loads(checkpoint(deployed))["checkpoint"]["latest"].get("pending_operations", [])
    except json.JSONDecodeError:
        return False  # it is being written
    return any(one["resource"]["type"].endswith(":Deployment") for one in pending)


def values(deployed: Deployed, name: str) -> Mapping[str, str]:
    data = deployed.project.live("secret", name, "--namespace", SPACE)["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def kill(deployed: Deployed, moment: Callable[[Deployed], bool]) -> bool:
    """Update, and kill the engine at a moment; return whether it was still at work."""
    there = deployed.project.there
    with subprocess.Popen(
        UP, cwd=there.root, env=dict(there.env), stdout=subprocess.DEVNULL, start_new_session=True
    ) as update:
        assert wait_until(lambda: update.poll() is not None or moment(deployed), PATIENCE_SECONDS, pause=0.01)
        at_work = update.poll() is None
        if at_work:
            os.killpg(update.pid, signal.SIGKILL)
    return at_work


def recover(deployed: Deployed) -> None:
    """Do what docs/recovery.md says."""
    there = deployed.project.there
    there.run("pulumi", "cancel", "--yes", "--stack", "local", check=False)
    there.run("pulumi", "refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--stack", "local")
    done = there.run(*UP, check=False)
    if "PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true" in done.stdout:
        there.run("env", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true", *UP)
    else:
        assert done.returncode == 0, done.stdout + done.stderr


def changed(deployed: Deployed, number: int) -> Mapping[str, Canary]:
    """Declare other values, and one Secret more than before."""
    others = {way: canary(f"{way} {number}") for way in ("key", "file", "variable")}
    settings = seeding.declaration(deployed.project)
    for one in range(number + 1):
        source = {"value": {"pulumi": "key"}}
        settings["secrets"][f"added-{one}"] = {"namespace": SPACE, "keys": source}
    deployed.project.declare(settings)
    deployed.project.write(seeding.FILE, others["file"].value)
    for way in ("key", "variable"):
        seeding.configure(deployed.project.there, way, others[way].value)
    return others


def test_killed_update_is_recovered_and_its_secrets_stay_encrypted(deployed: Deployed) -> None:
    at_work = []
    for number, moment in enumerate((is_locked, creates, updates_deployment)):
        others = changed(deployed, number)
        at_work.append(kill(deployed, moment))
        assert leaks(others.values(), kept(deployed.state)) == {}
        recover(deployed)
        assert values(deployed, "own") == {"key": others["key"].value, "file": others["file"].value}
        assert values(deployed, f"added-{number}") == {"value": others["key"].value}
        assert leaks(others.values(), kept(deployed.state)) == {}
    assert at_work[0], "no update was killed at its beginning"
    assert at_work[2], "no update was killed while it waited for pods"
    deployed.project.run("pulumi", "preview", "--stack", "local", "--expect-no-changes")
    state = json.loads(checkpoint(deployed))["checkpoint"]["latest"]
    assert not state.get("pending_operations")
    urns = [one["urn"] for one in state["resources"]]
    assert len(urns) == len(set(urns))
    assert {f"added-{number}" for number in range(3)} <= deployed.project.names("secrets", SPACE)
