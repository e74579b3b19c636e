"""The `kubernetes` plugin in a cluster's Pulumi home: the official one if the user has it, else ours."""

import errno
import shutil
from pathlib import Path

import pytest

from local import environment
from local.errors import ClusterError
from local.folders import Folder
from provider.install import PLUGIN, plugin_version


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


def install_official(home: Path) -> Path:
    official = home / "plugins" / f"resource-kubernetes-v{plugin_version()}"
    official.mkdir(parents=True)
    (official / PLUGIN).write_text("official")
    return official


def installed(folder: Folder) -> Path:
    return folder.pulumi / "home" / "plugins" / f"resource-kubernetes-v{plugin_version()}"


def test_the_official_plugin_is_copied_where_the_user_has_it(
    folder: Folder, programs: dict[str, Path], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    official = install_official(home)
    environment.prepare(folder, programs)
    monkeypatch.setenv("PULUMI_HOME", environment.variables(folder)["PULUMI_HOME"])
    environment.prepare(folder, programs)
    assert not installed(folder).is_symlink()
    assert (installed(folder) / PLUGIN).samefile(official / PLUGIN)
    assert not (tmp_path / "called").exists()


def test_the_official_plugin_is_copied_from_another_file_system(
    folder: Folder, programs: dict[str, Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    official = install_official(home)
    (official / PLUGIN).chmod(0o755)
    monkeypatch.setattr("os.link", refuse)
    environment.prepare(folder, programs)
    assert (installed(folder) / PLUGIN).read_text() == "official"
    assert (installed(folder) / PLUGIN).stat().st_mode & 0o111


def test_a_link_of_an_earlier_release_becomes_a_copy(folder: Folder, programs: dict[str, Path], home: Path) -> None:
    official = install_official(home)
    installed(folder).parent.mkdir(parents=True)
    installed(folder).symlink_to(official)
    environment.prepare(folder, programs)
    assert not installed(folder).is_symlink()
    assert (official / PLUGIN).read_text() == (installed(folder) / PLUGIN).read_text() == "official"


@pytest.mark.parametrize("shell", ["the user's", "the cluster's"])
def test_ours_comes_back_when_the_official_one_is_gone(
    folder: Folder,
    programs: dict[str, Path],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shell: str,
) -> None:
    official = install_official(home)
    environment.prepare(folder, programs)
    shutil.rmtree(official)
    if shell == "the cluster's":
        monkeypatch.setenv("PULUMI_HOME", environment.variables(folder)["PULUMI_HOME"])
    environment.prepare(folder, programs)
    assert not installed(folder).exists(), "what Pulumi installs must not be mixed with what was there"
    assert "plugin install" in (tmp_path / "called").read_text()


def test_another_clusters_shell_leads_to_the_users_official_plugin(
    folder: Folder, programs: dict[str, Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    official = install_official(home)
    environment.prepare(folder, programs)
    monkeypatch.setenv("PULUMI_HOME", environment.variables(folder)["PULUMI_HOME"])
    other = Folder(folder.path.parent / "other")
    other.path.mkdir()
    environment.prepare(other, programs)
    assert (installed(other) / PLUGIN).samefile(official / PLUGIN)


def test_a_refusal_of_pulumi_is_one_sentence(folder: Folder, programs: dict[str, Path], home: Path) -> None:
    programs["pulumi"].write_text("#!/bin/sh\necho 'error: no such plugin' >&2; exit 255\n")
    with pytest.raises(ClusterError, match=r"^pulumi plugin install failed: error: no such plugin$"):
        environment.prepare(folder, programs)
