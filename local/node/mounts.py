"""The node's mounts: they lie in its own mount namespace and vanish with it."""

import subprocess
from pathlib import Path


def set_up(binds: tuple[tuple[str, str], ...]) -> None:
    """Give the node a /run of its own and put the cluster's folders where programs insist to find them.

    /run holds sockets, network namespaces and the packet filter's lock; as after a reboot it begins empty.
    """
    _mount("--make-rshared", "/")  # kubelet's volumes must be seen by containerd and the other way round
    _mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run")
    for source, target in binds:
        Path(source).mkdir(parents=True, exist_ok=True)
        _mount("--bind", source, target)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True, text=True)
