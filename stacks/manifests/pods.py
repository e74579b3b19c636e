"""What every pod of the stack has in common: fit for Pod Security `restricted`, with a root that it cannot write."""

from stacks.manifests.manifest import Value
from stacks.model.probe import Probe
from stacks.model.server import Resources

USER = 65532
"""The `nonroot` user of distroless images; nothing on a node is expected to be its."""


def pod_security() -> dict[str, Value]:
    """Give the security context of a pod."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        # So that the user can read the files of a Secret that others cannot.
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Value]:
    """Give the security context of a container."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def resources(declared: Resources) -> dict[str, Value]:
    """Give what a container asks for and may use."""
    return {"requests": declared.requests.model_dump(), "limits": declared.limits.model_dump()}


def probe(declared: Probe, port: str) -> dict[str, Value]:
    """Give an HTTP probe of a named port."""
    timing = declared.model_dump(by_alias=True, exclude={"path"})
    return {"httpGet": {"path": declared.path, "port": port}, **timing}


def read_only(volume: str, path: str) -> dict[str, Value]:
    """Mount a volume so that the container cannot write it."""
    return {"name": volume, "mountPath": path, "readOnly": True}
