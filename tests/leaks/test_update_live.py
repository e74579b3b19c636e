"""An update shows secrets nowhere: not in what it prints and logs, nor in what it keeps and its processes show."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.checks.agent.following import following
from tests.conftest import CORTEX, Cluster
from tests.leaks import seeding
from tests.leaks.canary import Canary, canary, leaks
from tests.leaks.sampling import Sample, sampled
from tests.leaks.seeding import Deployed, kept

pytestmark = pytest.mark.live

PROPERTY = re.compile(r"[Mm]arshaling property for RPC\[")
"""Pulumi logs every property at -v=9, and hides in it only what the configuration has literally."""
PROGRAM = re.compile(r"^PULUMI_CONFIG=.*$", re.MULTILINE)
"""Pulumi hands the decrypted configuration to the program in this variable, which only the same user could read."""


def test_update_prints_no_secret(deployed: Deployed) -> None:
    assert "Resources:" in deployed.printed
    assert deployed.leaks({"printed": deployed.printed}) == {}


def test_log_of_engine_and_plugin_shows_no_secret_but_in_the_properties_that_pulumi_logs(deployed: Deployed) -> None:
    lines = deployed.log.splitlines()
    properties = [line for line in lines if PROPERTY.search(line)]
    assert deployed.leaks({"log": "\n".join(line for line in lines if not PROPERTY.search(line))}) == {}
    assert {form for forms in deployed.leaks({"properties": "\n".join(properties)}).values() for form in forms} == {
        "base64"
    }, "SECURITY.md says what is in this log"


def test_command_lines_show_no_secret(deployed: Deployed) -> None:
    assert any("provider" in command for command in deployed.sample.commands)
    assert deployed.leaks({command[:80]: command for command in deployed.sample.commands}) == {}


def test_environments_show_no_secret_but_the_configuration_that_pulumi_hands_over(deployed: Deployed) -> None:
    assert [one for one in deployed.sample.environments if deployed.leaks({"whole": one})]
    assert deployed.leaks({one[:80]: PROGRAM.sub("", one) for one in deployed.sample.environments}) == {}


def test_state_and_logs_on_disk_show_no_secret(deployed: Deployed) -> None:
    texts = kept(deployed.state)
    assert any("/stacks/" in file for file in texts)
    for folder in ("/logs/", "/backups/"):
        assert any(folder in file for file in texts)
    assert deployed.leaks(texts) == {}


@pytest.mark.parametrize("command", ["stack export", "stack --show-ids", "config --json"])
def test_pulumi_shows_no_secret(deployed: Deployed, command: str) -> None:
    done = deployed.project.there.run("pulumi", *command.split(), "--stack", "local")
    assert deployed.leaks({"printed": done.stdout, "errors": done.stderr}) == {}


def test_preview_of_another_value_shows_neither(deployed: Deployed) -> None:
    another = canary("another")
    deployed.project.write(seeding.FILE, another.value)
    done = deployed.project.there.run("pulumi", "preview", "--stack", "local", "--diff", "--show-sames")
    assert "[secret]" in done.stdout
    assert another.found(done.stdout + done.stderr) == []
    assert deployed.leaks({"printed": done.stdout, "errors": done.stderr}) == {}


@dataclass(frozen=True)
class Commands:
    """What commands showed that set and read Secrets, with their new values."""

    canaries: Mapping[str, Canary]
    texts: Mapping[str, str]
    sample: Sample


COMMANDS = {
    "set of Pulumi": ("secrets", "set", "local", "own", "key"),
    "set on the cluster": ("secrets", "set", "local", "existing", "value"),
    "verify": ("verify", "local", "--read-only", "--format", "json"),
}


@pytest.fixture(scope="module")
def commands(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """Commands with temporary files in a folder of their own, while processes and files are looked at."""
    temporary, state = tmp_path_factory.mktemp("temporary"), tmp_path_factory.mktemp("state")
    there = deployed.project.there
    home = Cluster(there.name, {**there.env, "TMPDIR": str(temporary), "XDG_STATE_HOME": str(state)}, there.root)
    given = {name: canary(name) for name in COMMANDS if name.startswith("set")}
    texts = {}
    with sampled(os.getpid(), temporary, Path("/dev/shm"), state) as sample:
        for name, command in COMMANDS.items():
            value = given[name].value if name in given else None
            # Not a forked one: the processes that a user starts are looked at.
            done = home.run(str(CORTEX), *command, check=False, given=value)
            assert done.returncode == 0 or command[0] == "verify", done.stderr
            texts[name] = done.stdout + done.stderr
    texts["events"] = home.run("kubectl", "get", "events", "--all-namespaces", "--output", "json").stdout
    return Commands({**deployed.canaries, **given}, texts, sample)


def test_commands_events_and_temporary_files_show_no_secret(commands: Commands) -> None:
    assert json.loads(commands.texts["verify"])["results"]
    (log,) = (text for file, text in commands.sample.files.items() if file.endswith("log.jsonl"))
    assert len(log.splitlines()) == 2
    assert leaks(commands.canaries.values(), {**commands.texts, **commands.sample.files}) == {}


def test_processes_of_commands_show_no_secret(commands: Commands) -> None:
    processes = commands.sample.commands
    for name in ("verify\nlocal", "secrets\nset", "config\nset"):
        assert any(name in one for one in processes), f"no process was seen with {name!r}"
    assert leaks(commands.canaries.values(), {one[:80]: one for one in processes}) == {}
    assert leaks(commands.canaries.values(), {one[:80]: one for one in commands.sample.environments}) == {}


def test_agent_logs_nothing_of_its_requests(deployed: Deployed, tmp_path: Path) -> None:
    one = canary("request", plain=True)
    with following(deployed.project.there, tmp_path) as agent:
        for path in (f"/metrics?token={one.value}", f"/{one.value}", f"/events?since={one.value}"):
            request = Request(agent.url + path, headers={"Authorization": f"Bearer {one.value}"})
            try:
                with urlopen(request, timeout=10) as answer:
                    answer.read()
            except HTTPError as error:
                error.close()
        metrics = agent.get("/metrics")
    assert "cortex_" in metrics
    assert leaks([one, *deployed.canaries.values()], {"said": agent.said, "metrics": metrics}) == {}
