"""The cgroup of all pods of a cluster, on machines with cgroup v1 or v2."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def create(name: str, root: Path = ROOT) -> None:
    """Create the cgroup in every hierarchy that the kubelet uses."""
    if (root / "cgroup.controllers").exists():
        controllers = (root / "cgroup.controllers").read_text(encoding="ascii").split()
        (root / "cgroup.subtree_control").write_text(" ".join(f"+{c}" for c in controllers), encoding="ascii")
        (root / name).mkdir(exist_ok=True)
        return
    for hierarchy in _hierarchies(root):
        cgroup = hierarchy / name
        cgroup.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if (cgroup / setting).exists():  # a new cpuset is empty, and cannot hold processes
                (cgroup / setting).write_text((hierarchy / setting).read_text(encoding="ascii"), encoding="ascii")


def remove(name: str, root: Path = ROOT) -> None:
    """Remove the cgroup and all cgroups below it; their processes must have ended."""
    roots = [root] if (root / "cgroup.controllers").exists() else list(_hierarchies(root))
    for hierarchy in roots:
        below = sorted((p for p in (hierarchy / name).rglob("*") if p.is_dir()), key=lambda p: -len(p.parts))
        for cgroup in [*below, hierarchy / name]:
            with contextlib.suppress(FileNotFoundError):
                cgroup.rmdir()


def _hierarchies(root: Path) -> Iterator[Path]:
    for entry in sorted(root.iterdir()):
        if entry.is_dir() and not entry.is_symlink() and (entry / "cgroup.procs").exists():
            yield entry
