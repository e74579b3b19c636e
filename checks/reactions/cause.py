"""The likely cause why a container keeps ending or does not start, from its status and its log."""

import re
from collections.abc import Iterable

from checks.kube.models import Terminated
from checks.reactions.objects import Container, ContainerStatus

IMAGE = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
    }
)
"""Reasons of waiting containers whose image is missing, which therefore have no log."""
_SETUP = {
    "CreateContainerConfigError": "its configuration refers to something that does not exist",
    "CreateContainerError": "its container cannot be created",
    "RunContainerError": "its command cannot be started",
}
_EXITS = {
    0: "it ends by itself with exit code 0, but its pod has to go on",
    126: "its command is not executable (exit code 126)",
    127: "its command does not exist (exit code 127)",
    128: "its command cannot be started (exit code 128)",
    137: "it was killed (exit code 137): by a failing liveness probe, or because it did not end in time",
    139: "it accessed memory that is not its own (exit code 139)",
    143: "it was told to end (exit code 143), for example by a failing liveness probe",
}
_SIGNS = [
    (re.compile(pattern, re.IGNORECASE), cause)
    for pattern, cause in (
        (r"address already in use", "its port is in use already"),
        (r"read-only file system", "it writes to a read-only file system"),
        (r"no space left on device", "its disk is full"),
        (r"permission denied|operation not permitted", "the operating system denies it something"),
        (r"ModuleNotFoundError|ImportError|cannot find module", "a module is missing in its image"),
        (r"no such file or directory|ENOENT", "a file is missing"),
        (r"name or service not known|name resolution|no such host|ENOTFOUND", "it cannot resolve a name"),
        (r"connection refused|ECONNREFUSED", "something that it connects to does not listen"),
        (r"timed? ?out|ETIMEDOUT|deadline exceeded", "something that it connects to does not answer"),
        (r"certificate (verify failed|signed by unknown)|x509:", "it does not trust a certificate"),
        (
            r"unauthorized|forbidden|authentication failed|invalid (token|api key|credential)",
            "a credential is rejected",
        ),
        (r"out of memory|MemoryError", "it runs out of memory"),
    )
]


def likely_cause(container: Container, status: ContainerStatus, log: Iterable[str]) -> str:
    """Return the likely cause. It quotes nothing of the log, which can have secrets."""
    waiting, ended = status.state.waiting, status.state.terminated or status.last_state.terminated
    if waiting and waiting.reason in IMAGE:
        return f"its image {container.image} cannot be pulled ({waiting.reason})"
    if waiting and waiting.reason in _SETUP:
        return f"{_SETUP[waiting.reason]} ({waiting.reason})"
    if ended is None:
        return "its last run left no status"
    return _end(container, ended, log)


def _end(container: Container, ended: Terminated, log: Iterable[str]) -> str:
    if ended.reason == "OOMKilled":
        limit = container.resources.limits.get("memory")
        return "it needs more memory than " + (f"its limit of {limit}" if limit else "the node has") + " (OOMKilled)"
    exited = _EXITS.get(ended.exit_code, f"it ends with exit code {ended.exit_code}")
    sign = _sign(log)
    return f"{exited}; according to its log {sign}" if sign else exited


def _sign(log: Iterable[str]) -> str:
    """Return what the last line says of which something is known; empty if nothing is."""
    for line in reversed(list(log)):
        for pattern, cause in _SIGNS:
            if pattern.search(line):
                return cause
    return ""
