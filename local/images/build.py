"""The images, and the layers of each."""

from collections.abc import Callable, Mapping
from importlib.metadata import distribution
from pathlib import Path

from local.images import binary_layers, debian_layers, python_layers
from local.images.errors import disk_errors
from local.images.layer import PROGRAM, Entry
from local.images.layer_cache import LayerCache
from local.images.oci_layout import Image, Recipe, assemble
from local.images.run_program import Run, run

PACKAGES = ("bridge", "checks", "stacks")
"""The project's packages in the cortex image."""
_PROJECT = "cortex-on-kubernetes"
_SITE, _CODE, _SERVER = "opt/cortex/site", "opt/cortex/code", "opt/server"
_LAUNCH = "usr/local/bin/cortex-launch"
"""The program that connects a server in another container with the bridge."""
_ENV = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "PYTHONPATH": f"/{_CODE}:/{_SITE}",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}
_CORTEX = b"#!/usr/bin/python3\nimport sys\n\nfrom checks.cli.main import main\n\nsys.exit(main())\n"
_TIME = f'#!/bin/sh\nPYTHONPATH=/{_SERVER}/site exec python3 -m mcp_server_time "$@"\n'.encode()
"""The server has its own packages, because it may need another version of the SDK than the bridge."""


def build(
    cache: Path,
    binaries: Mapping[str, Path],
    source: Path,
    progress: Callable[[str], None],
    run: Run = run,
) -> dict[str, Image]:
    """Build all images and return them by name; layers of earlier builds in `cache` are used again.

    `binaries` are static programs by name, each of which becomes an image. `source` is the project's root.
    `progress` is called for each layer that has to be built. `run` runs programs.

    Raises:
        ImageError: A program is missing or fails, or the disk is full.
    """
    with disk_errors(cache):
        store = LayerCache(cache, progress)
        recipes = [*_programs(store, binaries, run), *_pythons(store, source, run)]
        return {recipe.name: assemble(recipe, store) for recipe in recipes}


def _programs(store: LayerCache, given: Mapping[str, Path], run: Run) -> list[Recipe]:
    recipes = [Recipe("pause", [debian_layers.pause(store, run)], ["/pause", "-P"])]
    for name, path in sorted(given.items()):
        recipes.append(Recipe(name, [binary_layers.program(name, path, store)], [f"/{name}"]))
    server = binary_layers.kubernetes_mcp_server(store, run)
    return [*recipes, Recipe("kubernetes-mcp-server", [server], ["/kubernetes-mcp-server"])]


def _pythons(store: LayerCache, source: Path, run: Run) -> list[Recipe]:
    lock = source / "bridge" / "requirements.txt"
    server_lock = source / "bridge" / "servers" / "time" / "requirements.txt"
    root = debian_layers.python_root(store, run)
    site = python_layers.wheels(lock, _SITE, [], store, run)
    launcher = Entry("usr/local/bin/cortex", _CORTEX, PROGRAM)
    metadata = python_layers.metadata(distribution(_PROJECT), PACKAGES, _CODE)
    own = python_layers.code(source, PACKAGES, _CODE, [launcher, *metadata], store, run)
    launch = binary_layers.go_program("launch", source / "bridge" / "launch", _LAUNCH, store, run)
    starter = Entry(f"{_SERVER}/run", _TIME, PROGRAM)
    server = python_layers.wheels(server_lock, f"{_SERVER}/site", [starter], store, run)
    bridge = ["python3", "-m", "bridge"]
    return [
        Recipe("cortex", [root, site, launch, own], bridge, _ENV),
        Recipe("mcp-server-time", [root, site, launch, own, server], [*bridge, "--", f"/{_SERVER}/run"], _ENV),
    ]
