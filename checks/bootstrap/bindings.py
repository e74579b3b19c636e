"""The packages that a bootstrap needs are an extra, because most installations do without."""

from importlib.util import find_spec

from checks.talos import bindings

_MODULES = ("proxmoxer", "pyrage", "requests")


def missing() -> str | None:
    """Return what to install; None if nothing is missing."""
    absent = next((name for name in _MODULES if find_spec(name) is None), None)
    if absent is None:
        return bindings.missing()
    return f"this needs the Python package {absent!r}, which is not installed: install {bindings.EXTRA}"
