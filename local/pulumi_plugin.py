"""Which `kubernetes` plugin a cluster's own Pulumi home gets: a copy of the user's official one, or ours."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local.errors import ClusterError
from local.folders import Folder
from local.output import last_line
from provider.install import PLUGIN, plugin_version, write_plugin


def provide(folder: Folder, variables: Mapping[str, str]) -> None:
    """Copy the official plugin where this user has it; else install ours with `variables` as the environment.

    Raises:
        ClusterError: Pulumi refuses our plugin.
    """
    name = f"resource-kubernetes-v{plugin_version()}"
    plugins = folder.pulumi / "home" / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    official = _official(folder, name)
    if official is None:
        _remove(plugins / name)
        _install(folder, variables)
    else:
        _copy(official, plugins / name)


def _official(folder: Folder, name: str) -> Path | None:
    """Return the user's folder of the official plugin, if there is one.

    In a shell that has a cluster's environment, PULUMI_HOME is the cluster's: it remembers the user's by a link.
    """
    link = folder.pulumi / "official-plugin"
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi").absolute()
    official = home / "plugins" / name
    if home.is_relative_to(folder.path.parent.absolute()):
        official = (home.parent / link.name).resolve()
    link.unlink(missing_ok=True)
    if not (official / PLUGIN).is_file():
        return None
    link.symlink_to(official)
    return official


def _copy(official: Path, place: Path) -> None:
    """Copy the folder. The Pulumi CLI does not list a plugin whose folder is a symbolic link."""
    with tempfile.TemporaryDirectory(dir=place.parent.parent) as beside:
        new = shutil.copytree(official, Path(beside) / place.name, copy_function=_link_or_copy)
        _remove(place)
        Path(new).rename(place)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or another user's file
        shutil.copy2(source, target)


def _remove(place: Path) -> None:
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)


def _install(folder: Folder, variables: Mapping[str, str]) -> None:
    source = write_plugin(folder.pulumi / "plugin", Path(sys.executable))
    command = [
        str(folder.programs / "pulumi"), "plugin", "install", "resource", "kubernetes", plugin_version(),
        "--file", str(source), "--reinstall",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise ClusterError(f"pulumi plugin install failed: {last_line(done.stderr)}")
