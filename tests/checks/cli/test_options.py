"""The options that lead to a cluster: the project's folder, the stack file, the kubeconfig."""

import json

import pytest
import yaml

from tests.checks.cli.project import LIGHT, Project
from tests.checks.fake_api import FakeApi


def test_runs_from_a_folder_below(project: Project) -> None:
    below = project.folder / "a" / "b"
    below.mkdir(parents=True)
    project.cortex("verify", "test", code=0, cwd=below)


def test_no_project(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    _, err = project.cortex("verify", "test", code=2, cwd=tmp_path_factory.mktemp("elsewhere"))
    assert "no Pulumi.yaml in" in err


def test_bad_declaration(project: Project) -> None:
    project.declare({**LIGHT, "colour": "red"})
    _, err = project.cortex("verify", "test", code=2)
    assert "cortex:colour: is not a known setting" in err


@pytest.mark.parametrize("text", ["", "[", "{}", "contexts: 5", "contexts: [{name: test, context: {cluster: gone}}]"])
def test_unusable_kubeconfig(project: Project, text: str) -> None:
    project.kubeconfig.write_text(text)
    _, err = project.cortex("verify", "test", code=2)
    assert str(project.kubeconfig) in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("kind", "known"), [("cluster", "c"), ("user", "u")])
def test_kubeconfig_lacks_what_its_context_names(project: Project, api: FakeApi, kind: str, known: str) -> None:
    config = yaml.safe_load(project.kubeconfig.read_text())
    config["contexts"][0]["context"][kind] = "gone"
    project.kubeconfig.write_text(yaml.safe_dump(config))
    _, err = project.cortex("verify", "test", code=2)
    assert err == (
        f"cortex: the kubeconfig {project.kubeconfig} has no {kind} 'gone', which its context 'test' names: "
        f"it has {known}; add the {kind}, or choose another context with --context\n"
    )
    assert not api.requests


def test_failing_credential_plugin(project: Project, api: FakeApi) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "false", "interactiveMode": "Never"}
    project.connect({"server": api.url}, {"exec": plugin})
    _, err = project.cortex("verify", "test", code=3)
    assert "the credential plugin 'false' of context 'test' returned no credential" in err


def test_bearer_token_of_a_credential_plugin_is_sent(project: Project, api: FakeApi) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "very-secret-exec"},
    }
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "echo",
        "args": [json.dumps(credential)],
        "interactiveMode": "Never",
    }
    project.connect({"server": api.url}, {"exec": plugin})
    project.cortex("verify", "test", code=0)
    assert api.authorizations == {"Bearer very-secret-exec"}
