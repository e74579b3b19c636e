"""Presets: a stack file says image and version, and what differs."""

from pathlib import Path

import pytest
import yaml

from stacks.loader import load
from stacks.model import names
from stacks.model.presets.installed import installed
from stacks.model.presets.merge import merged
from stacks.model.server import Server

SECRETS = {"talos-config": {"namespace": "cortex-mcp", "keys": {"talosconfig": {"pulumi": "talosconfig"}}}}


def loaded(folder: Path, kind: str, **settings: object) -> Server:
    """Load a stack file whose one server says image, version and these settings."""
    namespace = {"component": "c", "description": "d"}
    document = {
        "cortex:cluster": {"context": "c", "environment": "e"},
        "cortex:namespaces": {"cortex-system": namespace, "cortex-mcp": namespace},
        "cortex:secrets": SECRETS,
        "cortex:servers": {"own": {"preset": kind, "image": "registry.test/server:1", "version": "1.0.0", **settings}},
    }
    (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": document}), encoding="utf-8")
    return load("test", folder).servers["own"]


@pytest.mark.parametrize("kind", installed())
def test_image_and_version_are_enough(kind: str, tmp_path: Path) -> None:
    server = loaded(tmp_path, kind)
    assert server.model_fields_set == {"image", "version", *map(_python_name, installed()[kind].settings)}
    assert all(server.capabilities.values())


def _python_name(field: str) -> str:
    return {"secretEnv": "secret_env"}.get(field, field)


def test_talos_finds_its_configuration(tmp_path: Path) -> None:
    server = loaded(tmp_path, "talos")
    (use,) = server.secrets
    assert server.transport == "stdio"
    assert use.name == "talos-config"
    assert f"{use.mount}" == f"{server.env['HOME']}/.talos"
    assert server.env["TALOSCONFIG"] == f"{use.mount}/talosconfig"


def test_talos_is_found_by_its_capabilities(tmp_path: Path) -> None:
    assert names.capabilities(loaded(tmp_path, "talos").capabilities) == "cluster-management,kubernetes,talos"


def test_proxmox_has_its_variables(tmp_path: Path) -> None:
    assert set(loaded(tmp_path, "proxmox").secret_env) == {
        "PROXMOX_URL",
        "PROXMOX_TOKEN_ID",
        "PROXMOX_TOKEN_SECRET",
    }


def test_the_file_wins_value_by_value(tmp_path: Path) -> None:
    server = loaded(
        tmp_path,
        "kubernetes",
        args=["--port", "9000"],
        probes={"startup": {"failureThreshold": 60}, "liveness": {"path": "/live"}},
        capabilities={"kubernetes": ["pods_list"], "helm": ["helm_list"]},
    )
    assert server.args == ("--port", "9000")
    assert (server.probes.startup.path, server.probes.startup.failure_threshold) == ("/healthz", 60)
    assert (server.probes.liveness.path, server.probes.readiness.path) == ("/live", "/healthz")
    assert server.capabilities == {"kubernetes": ("pods_list",), "helm": ("helm_list",)}


def test_null_takes_an_entry_of_the_preset_away(tmp_path: Path) -> None:
    server = loaded(tmp_path, "proxmox", smoke=None, secretEnv={"PROXMOX_URL": None})
    assert server.smoke is None
    assert set(server.secret_env) == {"PROXMOX_TOKEN_ID", "PROXMOX_TOKEN_SECRET"}


def test_null_removes_only_what_is_under_it() -> None:
    assert merged({"a": 1, "b": 2}, {"a": None, "c": None}) == {"b": 2, "c": None}


def test_lists_and_single_values_replace_what_is_under_them() -> None:
    assert merged({"a": [1, 2], "b": {"c": 1}}, {"a": [3], "b": "text"}) == {"a": [3], "b": "text"}


def test_what_is_under_stays_unchanged() -> None:
    below = {"a": {"b": 1}}
    merged(below, {"a": {"b": 2}})
    assert below == {"a": {"b": 1}}
