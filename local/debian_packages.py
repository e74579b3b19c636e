"""Programs that come as Debian packages, because no other registry has them in a form that works."""

import os
import shutil
import subprocess
from collections.abc import Callable

from local.errors import ToolError
from local.output import last_line

PACKAGES = {
    "runc": "runc",
    "iptables": "iptables",
    "ipset": "ipset",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "unshare": "util-linux",
    "mmdebstrap": "mmdebstrap",
    "npm": "npm",
}
"""Program → the Debian package that has it."""

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


def find(program: str) -> str | None:
    """Find a program on PATH or in the system folders that a plain user's PATH leaves out."""
    return shutil.which(program) or shutil.which(program, path=_SBIN)


def ensure(progress: Callable[[str], None]) -> None:
    """Install what is missing, where this user and this system can.

    Raises:
        ToolError: something is missing and cannot be installed from here.
    """
    wanted = sorted({package for program, package in PACKAGES.items() if find(program) is None})
    if not wanted:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise ToolError(
            f"missing on this machine: {', '.join(wanted)}: as root, run apt-get install {' '.join(wanted)} "
            "(or your system's equivalent)"
        )
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update"],
        ["apt-get", "install", "--yes", "--no-install-recommends", *wanted],
    ):
        progress(" ".join(command))
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ToolError(f"{' '.join(command)} failed: {last_line(done.stderr, done.stdout)}")
