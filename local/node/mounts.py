"""The mounts of a node, which exist only in its own mount namespace."""

import subprocess
from pathlib import Path


def set_up(folder: str, binds: tuple[tuple[str, str], ...]) -> None:
    """Create the node's own /run and /var, and mount the cluster's folders at the fixed paths of programs.

    /run, which has sockets, network namespaces and the packet filter's lock, starts empty, as after a reboot. /var is
    an overlay on the machine's. So mount points can be created there, and other clusters do not see them.
    """
    _mount("--make-rshared", "/")  # kubelet and containerd must see each other's mounts
    _mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run")
    upper, work, kept = (Path("/run/cortex") / name for name in ("upper", "work", "folder"))
    for path in (upper, work, kept):
        path.mkdir(parents=True)
    _mount("--bind", folder, str(kept))
    _mount("-t", "overlay", "-o", f"lowerdir=/var,upperdir={upper},workdir={work}", "overlay", "/var")
    if Path(folder).is_relative_to("/var"):
        _mount("--bind", str(kept), folder)
    for source, target in binds:
        Path(source).mkdir(parents=True, exist_ok=True)
        Path(target).mkdir(parents=True, exist_ok=True)
        _mount("--bind", source, target)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True, text=True)
