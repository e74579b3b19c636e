"""Layers of Python code: locked wheels, and packages of this project."""

import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution
from pathlib import Path
from typing import BinaryIO

from local.images import layer
from local.images.debian_layers import PYTHON
from local.images.layer_cache import Layer, LayerCache
from local.images.run_program import Run

_VERSION = ".".join(map(str, PYTHON))
_NOT_CODE = {"Containerfile", "go.mod", "requirements.in", "requirements.txt"}


def wheels(lock: Path, at: str, extra: Sequence[layer.Entry], cache: LayerCache, run: Run) -> Layer:
    """Return a layer with the packages of a lock file, installed below `at`, and `extra` files."""

    def make(target: BinaryIO) -> None:
        with cache.work() as folder:
            site = folder / "site"
            install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
            exact = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--python-version", _VERSION]
            run([*install, *exact, "--no-compile", "--target", str(site), "-r", str(lock)], folder=folder)
            compile_folder(site, at, run)
            files = (entry for entry in layer.tree(site, at) if not _differs(entry.path, at))
            layer.write([*files, *extra], target)

    made_from = ["wheels", lock.read_text(encoding="utf-8"), at, layer.content_hash(extra), sys.version_info[:2]]
    return cache.layer(f"the packages of {lock.parent.name} (half a minute)", made_from, make)


def code(
    source: Path, packages: Sequence[str], at: str, extra: Sequence[layer.Entry], cache: LayerCache, run: Run
) -> Layer:
    """Return a layer with packages of this project below `at`, and `extra` files."""
    entries = [entry for package in packages for entry in _sources(source / package, f"{at}/{package}")]

    def make(target: BinaryIO) -> None:
        with cache.work() as folder:
            for entry in entries:
                copy = folder / entry.path
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(entry.content if isinstance(entry.content, bytes) else entry.content.read_bytes())
            compile_folder(folder / at, at, run)
            layer.write([*layer.tree(folder / at, at), *extra], target)

    made_from = ["code", layer.content_hash([*entries, *extra]), sys.version_info[:2]]
    return cache.layer(f"the project's packages {', '.join(packages)}", made_from, make)


def metadata(installed: Distribution, packages: Sequence[str], at: str) -> list[layer.Entry]:
    """Return what `importlib.metadata` reads in the image: name, version, and the entry points of these packages.

    The description and the requirements are left out, since an image would change with every word of them.
    """
    groups: dict[str, list[str]] = {}
    for point in sorted(installed.entry_points):
        if point.module.partition(".")[0] in packages:
            groups.setdefault(point.group, []).append(f"{point.name} = {point.value}")
    points = "".join("\n".join([f"[{group}]", *lines, ""]) for group, lines in groups.items())
    folder = f"{at}/{installed.name.replace('-', '_')}-{installed.version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {installed.name}\nVersion: {installed.version}\n"
    return [
        layer.Entry(f"{folder}/METADATA", head.encode()),
        layer.Entry(f"{folder}/entry_points.txt", points.encode()),
    ]


def compile_folder(folder: Path, at: str, run: Run) -> None:
    """Compile all modules, because a container cannot write bytecode. Do nothing if this Python has another version."""
    if sys.version_info[:2] != PYTHON:
        return
    # Unchecked, because the files of an image never change.
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    run([*command, "-s", str(folder), "-p", f"/{at}", str(folder)], folder=folder)


def _sources(package: Path, at: str) -> Iterator[layer.Entry]:
    for entry in layer.tree(package, at):
        parts = entry.path.removeprefix(f"{at}/").split("/")
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if not hidden and parts[-1] not in _NOT_CODE and not parts[-1].endswith(".go"):
            yield entry


def _differs(path: str, at: str) -> bool:
    """Return whether a file differs between machines: pip's scripts and records contain the path of its Python."""
    return path.startswith(f"{at}/bin/") or path.endswith(".dist-info/RECORD")
