"""The packages that the Talos API needs are an extra, because most installations do without."""

from importlib.util import find_spec

_EXTRA = "cortex-on-kubernetes[talos]"
_MODULES = ("betterproto", "grpclib", "talos_linux_api")


def missing() -> str | None:
    """Return what to install; None if nothing is missing."""
    absent = next((name for name in _MODULES if find_spec(name) is None), None)
    if absent is None:
        return None
    return f"the Talos API needs the Python package {absent!r}, which is not installed: install {_EXTRA}"
