"""The command `cortex talos kubeconfig`: fetched, checked, and written for its owner alone."""

import base64
import stat
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from grpclib.const import Status

from checks.talos import talosctl
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi
from tests.checks.talos import standin_talosctl
from tests.checks.talos.certificates import Authority
from tests.checks.talos.simulated_node import SimulatedCluster


def kubeconfig(server: str, lives: timedelta = timedelta(days=365)) -> bytes:
    certificate, key = Authority().client(lives)
    user = {
        "client-certificate-data": base64.b64encode(certificate).decode(),
        "client-key-data": base64.b64encode(b"very-secret " + key).decode(),
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "admin@prod",
        "clusters": [{"name": "prod", "cluster": {"server": server}}],
        "users": [{"name": "admin@prod", "user": user}],
        "contexts": [{"name": "admin@prod", "context": {"cluster": "prod", "user": "admin@prod"}}],
    }
    return yaml.safe_dump(config).encode()


@pytest.fixture
def giving(on_talos: Project, talos: SimulatedCluster, api: FakeApi) -> Project:
    """Every control-plane node gives a kubeconfig."""
    for node in talos.nodes.values():
        node.kubeconfig = kubeconfig(api.url)
    # The command works without any kubeconfig.
    on_talos.kubeconfig.unlink()
    return on_talos


def asked(project: Project, talosconfig: Path, code: int) -> str:
    file = project.folder / "new" / "kubeconfig"
    out, err = project.cortex(
        "talos", "kubeconfig", "test", "--talosconfig", str(talosconfig), "--output", str(file), code=code
    )
    assert out == ""
    assert file.exists() == (code == 0)
    return err


def test_it_is_written_for_its_owner_alone_under_the_declared_context(
    giving: Project, talosconfig: Path, api: FakeApi
) -> None:
    err = asked(giving, talosconfig, code=0)
    assert err.startswith(
        f"cortex: the kubeconfig of 127.0.0.11 has the permissions of an administrator at {api.url} for 36"
    )
    file = giving.folder / "new" / "kubeconfig"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    config = yaml.safe_load(file.read_text())
    assert (config["current-context"], config["contexts"][0]["name"]) == ("test", "test")
    assert config["clusters"][0]["cluster"]["server"] == api.url


def test_it_can_be_piped(giving: Project, talosconfig: Path, api: FakeApi) -> None:
    done = giving.run("talos", "kubeconfig", "test", "--talosconfig", str(talosconfig))
    assert (done.code, yaml.safe_load(done.out)["current-context"]) == (0, "test")


def test_the_next_node_is_asked_if_one_is_lost_or_refuses(
    giving: Project, talosconfig: Path, talos: SimulatedCluster
) -> None:
    talos.stop("127.0.0.11")
    talos.nodes["127.0.0.12"].refused["Kubeconfig"] = Status.PERMISSION_DENIED
    assert "the kubeconfig of 127.0.0.13 " in asked(giving, talosconfig, code=0)


def test_no_node_that_gives_one_is_said_of_each(giving: Project, talosconfig: Path, talos: SimulatedCluster) -> None:
    for node in talos.nodes.values():
        node.refused["Kubeconfig"] = Status.PERMISSION_DENIED
    err = asked(giving, talosconfig, code=3)
    assert err.startswith("cortex: no control-plane node gave a kubeconfig: 127.0.0.11: no role of the client")
    assert "127.0.0.13: " in err


def test_a_server_that_is_not_reached_is_refused(giving: Project, talosconfig: Path, talos: SimulatedCluster) -> None:
    for node in talos.nodes.values():
        node.kubeconfig = kubeconfig("http://127.0.0.1:9")
    err = asked(giving, talosconfig, code=3)
    assert err.startswith("cortex: the kubeconfig of 127.0.0.11 does not reach the cluster at http://127.0.0.1:9: ")


def test_a_server_of_another_cluster_is_refused(giving: Project, talosconfig: Path, api: FakeApi) -> None:
    for node in api.world.objects["nodes", ""]:
        node["metadata"]["name"] = "strange-" + node["metadata"]["name"]
        node["status"]["addresses"] = []
    err = asked(giving, talosconfig, code=3)
    assert "which is that of another cluster: it knows none of the nodes cp-1, cp-2, cp-3" in err


@pytest.mark.parametrize("content", [b"", b"{", b"very-secret", b"current-context: very-secret"])
def test_what_is_not_a_kubeconfig_is_refused_and_not_shown(
    giving: Project, talosconfig: Path, talos: SimulatedCluster, content: bytes
) -> None:
    for node in talos.nodes.values():
        node.kubeconfig = content
    err = asked(giving, talosconfig, code=3)
    assert err == (
        "cortex: the kubeconfig of 127.0.0.11 is incomplete, or is not one with a client certificate: fetch it again\n"
    )


def test_an_expired_one_is_refused_with_its_date(
    giving: Project, talosconfig: Path, talos: SimulatedCluster, api: FakeApi
) -> None:
    for node in talos.nodes.values():
        node.kubeconfig = kubeconfig(api.url, timedelta(days=-1))
    assert "has a client certificate that expired on 20" in asked(giving, talosconfig, code=3)


def test_an_expired_talosconfig_is_refused_with_its_date(
    giving: Project, talosconfig: Path, talos: SimulatedCluster
) -> None:
    talosconfig.write_text(talos.talosconfig(lives=timedelta(days=-1)))
    assert " expired on 20" in asked(giving, talosconfig, code=3)


def test_an_existing_file_is_kept(giving: Project, talosconfig: Path) -> None:
    asked(giving, talosconfig, code=0)
    file = giving.folder / "new" / "kubeconfig"
    before = file.read_text()
    arguments = ("--talosconfig", str(talosconfig), "--output", str(file))
    _, err = giving.cortex("talos", "kubeconfig", "test", *arguments, code=2)
    assert "already exists" in err
    assert file.read_text() == before


def test_without_the_extra_talosctl_gives_it(
    giving: Project, talosconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checks.talos.kubeconfig_source.missing", lambda: "the package 'grpclib' is not installed")
    err = asked(giving, talosconfig, code=3)
    assert "the package 'grpclib' is not installed; talosctl is not on PATH" in err
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(talosctl, "SECONDS", 120.0)
    with standin_talosctl.installed(folder):
        monkeypatch.setenv("PATH", f"{folder}:{giving.environment()['PATH']}")
        asked(giving, talosconfig, code=0)
