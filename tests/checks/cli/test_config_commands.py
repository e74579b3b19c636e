"""The commands `cortex config check`, `show` and `render`, which need no cluster."""

import json
from pathlib import Path

import pytest
import yaml

from stacks.loader import load, settings
from stacks.manifests.build import build
from tests.checks.cli.project import Project
from tests.checks.world import SETTINGS

CLOCK = {"preset": "time", "image": "registry.test/time:1", "version": "1", "replicas": 1}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without a cluster."""
    project = Project(tmp_path, "http://127.0.0.1:9")
    project.kubeconfig.unlink()
    base = {"defaults": {"port": 9000}, "servers": {"clock": CLOCK}}
    (tmp_path / "cortex.base.yaml").write_text(yaml.safe_dump(base))
    own = {"clock": {"args": ["--a\nb"], "config": {"a.txt": "one\ntwo\n"}, "secretEnv": {"A": "a"}}}
    project.declare({**SETTINGS, "extends": "base", "defaults": {"path": "/m"}, "servers": own})
    return project


def test_a_right_file_is_checked_without_a_cluster(project: Project) -> None:
    out, err = project.cortex("config", "check", "test", code=0)
    assert (out, err) == ("Pulumi.test.yaml: valid: 2 namespaces, 1 servers\n", "")


def test_all_faults_and_warnings_are_told(project: Project) -> None:
    time = {"image": "registry.test/t:1", "version": "1", "transport": "http", "capabilities": {"a": ["b"]}}
    clock = {"porrt": 1, "preset": "tim", "image": "registry.test/time"}
    project.declare({**SETTINGS, "extends": "base", "servers": {"clock": clock, "time": time}})
    out, err = project.cortex("config", "check", "test", code=2)
    assert out == ""
    warning, preset, *faults = err.splitlines()
    assert warning.startswith("cortex: warning: Pulumi.test.yaml: cortex:servers.time: has the name of a preset")
    assert preset.startswith("cortex: Pulumi.test.yaml: cortex:servers.clock.preset: there is no preset 'tim'")
    begin = "Pulumi.test.yaml: cortex:servers.clock"
    assert [line.partition(": is missing")[0] for line in faults] == [
        f"{begin}.transport",
        f"{begin}.capabilities",
        f"{begin}.porrt: is not a known setting: did you mean port?",
        f"{begin}.image: 'registry.test/time' has no tag or digest: write one, "
        'or for images built here set CORTEX_IMAGES: eval "$(cortex local env)"',
    ]


def test_a_right_file_may_have_warnings(project: Project) -> None:
    env = {"API_TOKEN": "very-secret-token"}
    project.declare({**SETTINGS, "servers": {"clock": {**CLOCK, "env": env}}})
    _, err = project.cortex("config", "check", "test", code=0)
    assert err.startswith("cortex: warning: Pulumi.test.yaml: cortex:servers.clock.env.API_TOKEN looks like a secret: ")
    out, _ = project.cortex("config", "show", "test", code=0)
    assert "      API_TOKEN: '[hidden]'\n" in out


def test_settings_are_shown_with_their_places(project: Project) -> None:
    out, _ = project.cortex("config", "show", "test", code=0)
    clock = out[out.index("  clock:\n") :].splitlines()
    for line in (
        "    transport: stdio  # preset time",
        "    port: 9000  # defaults of cortex.base.yaml",
        "    path: /m  # defaults",
        "    replicas: 1  # cortex.base.yaml",
        "      a.txt: |",
    ):
        assert line in clock
    assert out.startswith("# What has no comment is in Pulumi.test.yaml.\n")
    assert yaml.safe_load(out) == settings("test", project.folder).settings


def test_manifests_are_printed_without_secret_values(project: Project) -> None:
    declared = load("test", project.folder)
    out, _ = project.cortex("config", "render", "test", code=0)
    documents = list(yaml.safe_load_all(out))
    assert [(one["kind"], one["metadata"]["name"]) for one in documents] == [
        (one.kind, one.name) for one in build(declared)
    ]
    (secret,) = (one for one in documents if one["kind"] == "Secret")
    assert set(secret["data"].values()) == {"[hidden]"}
    listed, _ = project.cortex("config", "render", "test", "--format", "json", code=0)
    assert json.loads(listed) == {"apiVersion": "v1", "kind": "List", "items": documents}


@pytest.mark.parametrize("command", ["check", "show", "render"])
def test_an_unknown_stack_is_bad_usage(project: Project, command: str) -> None:
    _, err = project.cortex("config", command, "tset", code=2)
    assert err.startswith("cortex: no stack 'tset'")
