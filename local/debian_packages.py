"""Programs from Debian packages, which are not available in a usable form from another registry."""

import os
import shutil
from collections.abc import Callable

from local.errors import ToolError
from local.subprocesses import run

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
"""Program → its Debian package."""

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


def find(program: str) -> str | None:
    """Return the path of a program on PATH or in the sbin folders, which the PATH of other users than root lacks."""
    return shutil.which(program) or shutil.which(program, path=_SBIN)


def ensure(progress: Callable[[str], None]) -> None:
    """Install missing packages, if there is apt-get and the user is root.

    Raises:
        ToolError: A program is missing and cannot be installed.
    """
    wanted = sorted({package for program, package in PACKAGES.items() if find(program) is None})
    if not wanted:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise ToolError(
            f"missing on this machine: {', '.join(wanted)}: as root, run `apt-get install {' '.join(wanted)}`, "
            "or the equivalent for your system"
        )
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update"],
        ["apt-get", "install", "--yes", "--no-install-recommends", *wanted],
    ):
        progress(" ".join(command))
        run(command, ToolError, " ".join(command), env=environ)
