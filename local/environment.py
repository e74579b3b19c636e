"""What a shell must export so that plain `pulumi`, `kubectl` and `cortex` work on a cluster."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.errors import ClusterError
from local.folders import Folder
from local.output import last_line
from provider.install import plugin_version, write_plugin

_SHELL_PROGRAMS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "kubectl")
_PLUGIN = "resource-kubernetes"


def variables(folder: Folder) -> dict[str, str]:
    """Give the variables to export, PATH included."""
    scripts = Path(sys.executable).parent
    return {
        "PATH": ":".join([str(folder.programs), str(scripts), os.environ.get("PATH", "")]),
        "KUBECONFIG": str(folder.kubeconfig),
        "CORTEX_IMAGES": str(folder.images),
        "PULUMI_HOME": str(folder.pulumi / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder.pulumi / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "local",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def prepare(folder: Folder, programs: Mapping[str, Path]) -> None:
    """Link the programs, make Pulumi's folders, and see to a `kubernetes` plugin.

    Raises:
        ClusterError: Pulumi refuses the plugin.
    """
    folder.programs.mkdir(exist_ok=True)
    for name in _SHELL_PROGRAMS:
        link = folder.programs / name
        link.unlink(missing_ok=True)
        link.symlink_to(programs[name])
    (folder.pulumi / "state").mkdir(parents=True, exist_ok=True)
    plugins = folder.pulumi / "home" / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    _provide_plugin(folder, plugins / f"{_PLUGIN}-v{plugin_version()}")


def _provide_plugin(folder: Folder, place: Path) -> None:
    """Use the official plugin where this user has it; else install ours."""
    if place.is_symlink() and place.is_dir():
        return
    if place.is_symlink():
        place.unlink()  # the official one is gone
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    official = home / "plugins" / place.name
    if official.is_dir() and official != place:
        if place.is_dir():
            shutil.rmtree(place)  # ours, from before
        place.symlink_to(official)
        return
    source = write_plugin(folder.pulumi / "plugin", Path(sys.executable))
    command = [
        str(folder.programs / "pulumi"), "plugin", "install", "resource", "kubernetes", plugin_version(),
        "--file", str(source), "--reinstall",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        env=os.environ | variables(folder),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise ClusterError(f"pulumi plugin install failed: {last_line(done.stderr)}")
