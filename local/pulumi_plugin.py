"""The `kubernetes` plugin in a cluster's Pulumi home: a copy of the user's official plugin, or ours."""

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local.errors import ClusterError
from local.folders import Folder
from local.subprocesses import run
from provider.install import PLUGIN, plugin_version, write_plugin


def provide(folder: Folder, variables: Mapping[str, str]) -> None:
    """Copy the official plugin if this user has it, else install ours; Pulumi runs with `variables`.

    Raises:
        ClusterError: Pulumi cannot install our plugin.
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
    """Return the user's folder of the official plugin, or None if there is none.

    In a shell with the environment of a cluster, PULUMI_HOME is that of the cluster. A link in the cluster's folder
    then leads to the user's plugin.
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
    run(command, ClusterError, "pulumi plugin install", env=os.environ | variables)
