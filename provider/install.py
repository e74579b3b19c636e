"""Installation of the plugin as an executable that the Pulumi CLI finds."""

from __future__ import annotations

import json
import shlex
from importlib.util import find_spec
from pathlib import Path

PLUGIN = "pulumi-resource-kubernetes"
_ROOT = Path(__file__).parents[1]


def plugin_version() -> str:
    """Return the plugin version that the installed SDK asks for, without importing the SDK.

    Raises:
        ModuleNotFoundError: The SDK is not installed.
    """
    sdk = find_spec("pulumi_kubernetes")
    if sdk is None or sdk.origin is None:
        raise ModuleNotFoundError("pulumi_kubernetes is not installed")
    asked = json.loads(Path(sdk.origin).with_name("pulumi-plugin.json").read_text())
    return str(asked["version"])


def write_plugin(folder: Path, python: Path) -> Path:
    """Write the plugin's executable into `folder` and return its path; `python` must have our requirements installed.

    Install it with `pulumi plugin install resource kubernetes <plugin_version()> --file <folder>`. The executable is a
    script that runs this package from its present folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plugin = folder / PLUGIN
    root, interpreter = shlex.quote(str(_ROOT)), shlex.quote(str(python))
    # -s and -P exclude the user's packages and the current folder (the Pulumi program's) from the import path.
    plugin.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {interpreter} -s -P -m provider "$@"\n')
    plugin.chmod(0o755)
    return plugin
