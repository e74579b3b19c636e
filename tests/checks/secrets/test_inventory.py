"""`cortex secrets` and `cortex config list`: each object with its state, never a value, and the exit code."""

import json
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from checks.config.inventory import SCHEMA as CONFIG_SCHEMA
from checks.config.inventory import ConfigReport, config_report
from checks.config.report import write as write_config
from checks.formats.json import render
from checks.kube.connection import Connection
from checks.secrets.inventory import SCHEMA as SECRETS_SCHEMA
from checks.secrets.inventory import SecretsReport, secrets_report
from checks.secrets.report import write as write_secrets
from checks.target import Target
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.reports import validate
from tests.checks.secrets.test_secrets import OWN, healthy, put
from tests.checks.world import World, declared
from tests.checks.written import written

Prepare = Callable[[FakeApi], object]


@pytest.fixture
def world() -> World:
    return healthy()


def seen(world: World, command: str, prepare: Prepare = lambda api: None) -> SecretsReport | ConfigReport:
    with serve(world) as api:
        prepare(api)
        target = Target("test", world.declaration, Connection("test", api.url))
        return anyio.run(secrets_report, target) if command == "secrets" else anyio.run(config_report, target)


def as_text(report: SecretsReport | ConfigReport) -> str:
    if isinstance(report, SecretsReport):
        return written(write_secrets, report)
    return written(write_config, report)


def valid(report: SecretsReport | ConfigReport) -> dict[str, object]:
    """Give the JSON report, after its schema was found to hold."""
    name = SECRETS_SCHEMA if isinstance(report, SecretsReport) else CONFIG_SCHEMA
    written = render(report)
    assert "very-secret-" not in written
    found: dict[str, object] = json.loads(written)
    validate(found, name)
    assert found["schema"] == name
    return found


def test_secrets_are_shown_with_their_state(world: World) -> None:
    put(("secrets", "cortex-mcp", "shared"), "metadata/creationTimestamp", "2026-01-01T00:00:00Z")(world)
    put(OWN, "data/TOKEN", "eA==")(world)
    report = valid(seen(world, "secrets"))
    shared, foreign, own = sorted(report["secrets"], key=lambda s: str(s["name"]) != "shared")  # type: ignore[call-overload]
    assert shared == {
        "namespace": "cortex-mcp",
        "name": "shared",
        "present": True,
        "keys": ["password"],
        "changed": "2026-01-01T00:00:00Z",
        "usedBy": ["time"],
        "asDeployed": True,
    }
    assert (foreign["name"], foreign["keys"], foreign["asDeployed"]) == ("foreign", ["more", "very-secret"], None)
    assert (own["name"], own["keys"], own["asDeployed"]) == ("time-mcp-credentials", ["TOKEN", "ca.pem"], False)
    assert report["exitCode"] == 1
    assert "secret.content" in {finding["code"] for finding in report["findings"]}  # type: ignore[attr-defined]


def test_secrets_text_shows_no_value_and_what_is_wrong(world: World) -> None:
    world.remove(*OWN)
    report = seen(world, "secrets")
    assert isinstance(report, SecretsReport)
    text = as_text(report)
    lines = text.splitlines()
    assert lines[0].split("  ")[0] == "NAMESPACE"
    assert next(line for line in lines if "time-mcp-credentials" in line).split() == [
        "cortex-mcp",
        "time-mcp-credentials",
        "(missing)",
        "-",
        "time",
        "-",
    ]
    assert "Secret cortex-mcp/time-mcp-credentials\n  error secret.missing  the Secret does not exist" in text
    assert "very-secret-" not in text


def test_secrets_that_may_not_be_read_are_unknown(world: World) -> None:
    def forbid(api: FakeApi) -> None:
        for name in ("shared", "foreign", "time-mcp-credentials"):
            api.faults[f"/api/v1/namespaces/cortex-mcp/secrets/{name}"] = [status(403, "no")]

    report = valid(seen(world, "secrets", forbid))
    assert (report["exitCode"], report["findings"]) == (3, [])
    assert {entry["present"] for entry in report["secrets"]} == {None}  # type: ignore[attr-defined]


def test_config_as_declared(world: World) -> None:
    report = valid(seen(world, "config"))
    assert (report["exitCode"], report["deployed"]) == (0, report["declaration"])
    assert [(c["name"], c["keys"], c["usedBy"], c["asDeclared"]) for c in report["configMaps"]] == [  # type: ignore[attr-defined]
        ("settings", ["LEVEL"], ["time"], True),
        ("time-mcp-config", ["a.yaml"], ["time"], True),
    ]


def test_config_that_drifted(world: World) -> None:
    world.one("configmaps", "cortex-mcp", "settings")["data"]["LEVEL"] = "debug"
    world.remove("configmaps", "cortex-mcp", "time-mcp-config")
    report = seen(world, "config")
    assert isinstance(report, ConfigReport)
    assert (report.exit_code, [c.as_declared for c in report.config_maps]) == (1, [False, False])
    text = as_text(report)
    assert "(missing)" in text
    assert f"Declaration here {report.declaration[:12]}, deployed: the same" in text


def test_config_of_another_declaration(world: World) -> None:
    world.remove("configmaps", "cortex-system", "cortex-declaration")
    report = seen(world, "config")
    assert isinstance(report, ConfigReport)
    assert (report.exit_code, report.deployed, [f.code for f in report.findings]) == (1, None, ["declaration.missing"])


def test_config_that_may_not_be_read_is_unknown(world: World) -> None:
    paths = ("/api/v1/configmaps", "/api/v1/namespaces/cortex-mcp/configmaps")
    report = seen(world, "config", lambda api: api.faults.update({path: [status(403, "no")] for path in paths}))
    assert isinstance(report, ConfigReport)
    assert (report.exit_code, report.config_maps[0].as_declared) == (3, None)
    text = as_text(report)
    assert '  forbidden  the account lacks the verb "list" on "configmaps"' in text
    assert "    while    list configmaps in namespace cortex-mcp" in text


@pytest.mark.parametrize("command", [["secrets", "list"], ["config", "list"]], ids=" ".join)
def test_commands_run(command: list[str], tmp_path: Path) -> None:
    with serve(World(declared(servers={}, configMaps={}))) as api:
        project = Project(tmp_path, api.url)
        out, err = project.cortex(*command, "test", "--format", "json", code=0)
        assert (json.loads(out)["stack"], err) == ("test", "")
        out, err = project.cortex(*command, "test", code=0)
        assert out.startswith("NAMESPACE")
