"""An update shows secrets nowhere: not in what it prints and logs, nor in what it keeps and its processes show."""

import re

import pytest

from tests.leaks import seeding
from tests.leaks.canary import canary
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
    assert any("/logs/" in file for file in texts)
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
