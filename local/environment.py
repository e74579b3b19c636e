"""The environment variables with which `pulumi`, `kubectl` and `cortex` use a cluster."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local import pulumi_plugin
from local.folders import Folder

_SHELL_PROGRAMS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "kubectl")


def variables(folder: Folder) -> dict[str, str]:
    """Return the variables to export, including PATH."""
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
    """Create links to the programs and the folders of Pulumi, and install the `kubernetes` plugin.

    Raises:
        ClusterError: Pulumi cannot install the plugin.
    """
    folder.programs.mkdir(exist_ok=True)
    for name in _SHELL_PROGRAMS:
        link = folder.programs / name
        link.unlink(missing_ok=True)
        link.symlink_to(programs[name])
    (folder.pulumi / "state").mkdir(parents=True, exist_ok=True)
    pulumi_plugin.provide(folder, variables(folder))
