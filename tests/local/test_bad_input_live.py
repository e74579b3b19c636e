"""Failures are reported in one sentence with the way out, and existing files are not changed."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import CORTEX, Cluster, cluster_name, cortex, start

pytestmark = pytest.mark.live


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Return the error message of a failed command, which must be one line and no traceback."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("cortex local: ")]
    assert len(errors) == 1, done.stderr
    return errors[0].removeprefix("cortex local: ")


def listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def fresh(tmp_path: Path) -> dict[str, str]:
    """Return an environment with an empty cache and no clusters."""
    return os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture(scope="module")
def rootless() -> Iterator[Cluster]:
    """Start a KWOK cluster as another user than root, in a user namespace where root's files belong to that user."""
    name = cluster_name("kwok")
    cortex("local", "down", "--name", name, "--delete")
    up = as_user("local", "up", "--name", name, "--node", "kwok")
    assert up.returncode == 0, up.stderr
    assert "no container runs" in up.stderr
    try:
        shown = cortex("local", "env", "--name", name, "--format", "json")
        yield Cluster(name, os.environ | json.loads(shown.stdout))
    finally:
        down = cortex("local", "down", "--name", name, "--delete")
        assert down.returncode == 0, down.stderr


def as_user(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", str(CORTEX), *arguments]
    return subprocess.run(command, env=dict(env or os.environ), capture_output=True, text=True, check=False)


def test_no_root(fresh: dict[str, str]) -> None:
    said = sentence(as_user("local", "up", env=fresh))
    assert said.startswith("a real node needs root: run the same command as root, or `cortex local up --node kwok`,")
    assert not Path(fresh["XDG_STATE_HOME"]).exists()


def test_no_root_is_needed_for_kwok(rootless: Cluster) -> None:
    rootless.run("kubectl", "create", "deployment", "played", "--image=example/none:1", "--replicas=3")
    rootless.run("kubectl", "rollout", "status", "deployment/played", "--timeout=300s")
    nodes = rootless.run("kubectl", "get", "nodes", "-o", "jsonpath={.items[*].metadata.labels.type}").stdout
    assert nodes == "kwok"


def test_another_kind_of_node(rootless: Cluster) -> None:
    said = sentence(cortex("local", "up", "--name", rootless.name))
    assert f"cluster '{rootless.name}' has a kwok node: use --node kwok" in said
    assert rootless.run("kubectl", "get", "nodes").returncode == 0


def test_port_taken() -> None:
    name = cluster_name("port")
    started = start(name, ["--node", "kwok"])
    try:
        assert cortex("local", "down", "--name", name).returncode == 0
        port = json.loads((started.folder / "cluster.json").read_text())["ports"]["api"]
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            said = sentence(cortex("local", "up", "--name", name, "--node", "kwok"))
        assert f"port {port} (api)" in said
        assert "is in use by another program" in said
        assert cortex("local", "up", "--name", name, "--node", "kwok").returncode == 0
    finally:
        cortex("local", "down", "--name", name, "--delete")


def test_another_command_at_work(cluster: Cluster) -> None:
    with (cluster.folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        said = sentence(cortex("local", "down", "--name", cluster.name))
    assert said.startswith(f"another command is starting or stopping cluster '{cluster.name}'")
    assert cluster.run("kubectl", "get", "nodes").returncode == 0


def test_no_go(fresh: dict[str, str], tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for folder in os.environ["PATH"].split(":"):
        for program in Path(folder).glob("*") if folder else ():
            if program.name not in {"go", "pulumi", "etcd"} and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    said = sentence(cortex("local", "up", env=fresh | {"PATH": str(programs)}))
    assert said.startswith("Go is not on PATH, and these have to be built: etcd, kubernetes, pulumi")


def test_disk_full(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=True)
    try:
        said = sentence(cortex("local", "up", env=os.environ | {"XDG_STATE_HOME": str(disk)}))
        assert "only 0.1 GiB are free" in said
        assert "free some space" in said
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_half_built_cache(cluster: Cluster, tmp_path: Path, fresh: dict[str, str]) -> None:
    tools = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cortex" / "tools"
    mine = tmp_path / "cache" / "cortex" / "tools"
    mine.mkdir(parents=True)
    for folder in tools.iterdir():
        if folder.is_dir():
            (mine / folder.name).symlink_to(folder)
    containerd = tomllib.loads((cluster.folder / "config" / "containerd.toml").read_text())
    whole = Path(containerd["plugins"]["io.containerd.cri.v1.runtime"]["cni"]["bin_dirs"][0])
    (mine / whole.name).unlink()
    (mine / whole.name).mkdir()
    shutil.copy(whole / "bridge", mine / whole.name)
    (mine / f"{whole.name}.partial-1").mkdir()
    before = listing(whole)

    done = cortex("local", "tools", env=fresh)
    assert done.returncode == 0, done.stderr
    assert "building cni-plugins\n" in done.stderr
    assert sorted(path.name for path in (mine / whole.name).iterdir()) == sorted(path.name for path in whole.iterdir())
    assert listing(whole) == before


def test_a_component_that_cannot_start_is_named_with_its_log(fresh: dict[str, str], tmp_path: Path) -> None:
    name = cluster_name("broken")
    try:
        started = start(name, ["--node", "kwok"])
        cortex("local", "down", "--name", name)
        (started.folder / "pki" / "server.crt").write_text("no certificate")
        said = sentence(cortex("local", "up", "--name", name, "--node", "kwok"))
        assert said.startswith("etcd did not start: ")
        assert str(started.folder / "logs" / "etcd.log") in said
    finally:
        cortex("local", "down", "--name", name, "--delete")


def test_a_damaged_cluster_state() -> None:
    name = cluster_name("damaged")
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "cortex" / name
    folder.mkdir(parents=True)
    try:
        (folder / "cluster.json").write_text("{ half")
        said = sentence(cortex("local", "up", "--name", name))
        assert str(folder / "cluster.json") in said
        assert f"cortex local down --name {name} --delete" in said
    finally:
        cortex("local", "down", "--name", name, "--delete")


@pytest.mark.parametrize("name", ["Local", "a b", "../x", "x" * 40])
def test_a_wrong_cluster_name(name: str) -> None:
    assert "is not a valid cluster name" in sentence(cortex("local", "up", "--name", name))
