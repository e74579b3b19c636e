"""The node's mounts: they lie in its own mount namespace and vanish with it."""

import subprocess
from pathlib import Path


def set_up(folder: str, binds: tuple[tuple[str, str], ...]) -> None:
    """Give the node a /run and a /var of its own, and put the cluster's folders where programs insist to find them.

    /run holds sockets, network namespaces and the packet filter's lock; as after a reboot it begins empty. /var shows
    the machine's, and keeps what is written there to itself: so no mount point has to be made on the machine, which
    other clusters would share.
    """
    _mount("--make-rshared", "/")  # kubelet's volumes must be seen by containerd and the other way round
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
