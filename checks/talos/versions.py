"""Versions of Talos and the kubelet, and which of them go together."""

import re

_NUMBERS = re.compile(r"v?(\d+)\.(\d+)\.")

KUBERNETES_OFFSET = 23
"""Talos 1.N supports Kubernetes up to 1.(N + 23)."""
SUPPORTED_RELEASES = 6
"""How many minor releases of Kubernetes a release of Talos supports."""
SIX_RELEASES_SINCE = 6
"""The minor release of Talos that first supported so many; older ones have no lower bound here."""


def minor(version: str) -> int | None:
    """Return the minor number of a version 1.N.P; None if it is not one."""
    match = _NUMBERS.match(version)
    return int(match[2]) if match and match[1] == "1" else None


def fits(version: str, declared: str) -> bool:
    """Return whether a version is the declared one, which can end in `.x`."""
    plain = version.removeprefix("v")
    return plain.startswith(declared[:-1]) if declared.endswith(".x") else plain == declared


def kubernetes_range(talos: str) -> tuple[int, int] | None:
    """Return the first and the last minor release of Kubernetes that a version of Talos supports; None if unknown."""
    if (number := minor(talos)) is None:
        return None
    last = number + KUBERNETES_OFFSET
    return (last - SUPPORTED_RELEASES + 1 if number >= SIX_RELEASES_SINCE else 0), last
