"""Putting the plugin where the Pulumi CLI finds it."""

from __future__ import annotations

import json
import shlex
from importlib.util import find_spec
from pathlib import Path

PLUGIN = "pulumi-resource-kubernetes"
_ROOT = Path(__file__).parents[1]


def plugin_version() -> str:
    """The version that the installed SDK asks for, read without importing it; ModuleNotFoundError without it."""
    sdk = find_spec("pulumi_kubernetes")
    if sdk is None or sdk.origin is None:
        raise ModuleNotFoundError("pulumi_kubernetes is not installed")
    asked = json.loads(Path(sdk.origin).with_name("pulumi-plugin.json").read_text())
    return str(asked["version"])


def write_plugin(folder: Path, python: Path) -> Path:
    """Writes the executable into `folder`, run by the interpreter `python`, which must have our requirements.

    Install it with `pulumi plugin install resource kubernetes <plugin_version()> --file <folder>`. It holds no
    code of its own: it runs this package from where it lies now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plugin = folder / PLUGIN
    root, interpreter = shlex.quote(str(_ROOT)), shlex.quote(str(python))
    # -s and -P keep the user's packages and the program's own folder, in which the engine starts us, out of the way.
    plugin.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {interpreter} -s -P -m provider "$@"\n')
    plugin.chmod(0o755)
    return plugin
