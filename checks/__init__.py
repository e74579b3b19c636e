"""Proves against the live cluster that what a stack declares is what runs.

The names of `__all__` are the public API (docs/api.md). Each is imported when it is first used, so that
`cortex --help` loads none of it.
"""

# The constant of `typing`: its import would take as long as all else that a cached `cortex credential` needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from checks.config.changes import ConfigMapChange, RejectedFile, watch_configmap_changes
    from checks.errors import CheckError, UncheckedError, UsageError
    from checks.kube.connection import Connection, from_kubeconfig
    from checks.results.result import Report, Severity
    from checks.verification.verify import verify

__all__ = [
    "CheckError",
    "ConfigMapChange",
    "Connection",
    "RejectedFile",
    "Report",
    "Severity",
    "UncheckedError",
    "UsageError",
    "from_kubeconfig",
    "verify",
    "watch_configmap_changes",
]

_MODULES = {
    "CheckError": "checks.errors",
    "ConfigMapChange": "checks.config.changes",
    "Connection": "checks.kube.connection",
    "RejectedFile": "checks.config.changes",
    "Report": "checks.results.result",
    "Severity": "checks.results.result",
    "UncheckedError": "checks.errors",
    "UsageError": "checks.errors",
    "from_kubeconfig": "checks.kube.connection",
    "verify": "checks.verification.verify",
    "watch_configmap_changes": "checks.config.changes",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)
