"""What a shell gets: programs, kubeconfig, Pulumi's folders, and the official plugin where the user has it."""

from pathlib import Path

import pytest

from local import environment
from local.errors import ClusterError
from local.folders import Folder
from provider.install import plugin_version

PROGRAMS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "kubectl")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "state" / "mine"
    path.mkdir(parents=True)
    return Folder(path)


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, Path]:
    """A pulumi that notes its arguments, and files in place of the others."""
    place = tmp_path / "programs"
    place.mkdir()
    found = {name: place / name for name in PROGRAMS}
    for path in found.values():
        path.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\n')
        path.chmod(0o755)
    return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    return tmp_path / "pulumi-home"


def test_ours_is_installed_where_the_official_plugin_is_not(
    folder: Folder, programs: dict[str, Path], home: Path, tmp_path: Path
) -> None:
    environment.prepare(folder, programs)
    plugin = folder.pulumi / "plugin" / "pulumi-resource-kubernetes"
    assert (tmp_path / "called").read_text().strip() == (
        f"plugin install resource kubernetes {plugin_version()} --file {plugin} --reinstall"
    )
    assert plugin.stat().st_mode & 0o111
    assert not home.exists()


def test_the_official_plugin_is_used_where_the_user_has_it(
    folder: Folder, programs: dict[str, Path], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    official = home / "plugins" / f"resource-kubernetes-v{plugin_version()}"
    official.mkdir(parents=True)
    environment.prepare(folder, programs)
    monkeypatch.setenv("PULUMI_HOME", environment.variables(folder)["PULUMI_HOME"])  # as in a shell that has our env
    environment.prepare(folder, programs)
    assert (folder.pulumi / "home" / "plugins" / official.name).resolve() == official
    assert not (tmp_path / "called").exists()


def test_ours_comes_back_when_the_official_one_is_gone(
    folder: Folder, programs: dict[str, Path], home: Path, tmp_path: Path
) -> None:
    official = home / "plugins" / f"resource-kubernetes-v{plugin_version()}"
    official.mkdir(parents=True)
    environment.prepare(folder, programs)
    official.rmdir()
    environment.prepare(folder, programs)
    assert not (folder.pulumi / "home" / "plugins" / official.name).is_symlink()
    assert "plugin install" in (tmp_path / "called").read_text()


def test_a_refusal_of_pulumi_is_one_sentence(folder: Folder, programs: dict[str, Path], home: Path) -> None:
    programs["pulumi"].write_text("#!/bin/sh\necho 'error: no such plugin' >&2; exit 255\n")
    with pytest.raises(ClusterError, match=r"^pulumi plugin install failed: error: no such plugin$"):
        environment.prepare(folder, programs)


def test_the_shell_finds_our_programs_first_and_nothing_calls_home(folder: Folder, programs: dict[str, Path]) -> None:
    environment.prepare(folder, programs)
    variables = environment.variables(folder)
    assert variables["PATH"].split(":")[0] == str(folder.programs)
    assert {path.name for path in folder.programs.iterdir()} == set(PROGRAMS)
    assert variables["KUBECONFIG"] == str(folder.path / "kubeconfig")
    assert variables["PULUMI_SKIP_UPDATE_CHECK"] == variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert variables["PULUMI_BACKEND_URL"].startswith(f"file://{folder.path}")
