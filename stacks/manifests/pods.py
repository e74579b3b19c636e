"""Settings that all pods of the stack share. They satisfy Pod Security `restricted` and have a read-only root."""

from stacks.manifests.manifest import Value
from stacks.model.probe import Probe
from stacks.model.server import Resources

USER = 65532
"""The `nonroot` user of distroless images, which should own nothing on a node."""


def pod_security() -> dict[str, Value]:
    """Return the security context of a pod."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        # Lets the user read the files of a Secret, which are readable by this group only.
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Value]:
    """Return the security context of a container."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def resources(declared: Resources) -> dict[str, Value]:
    """Return the requests and limits of a container."""
    return {"requests": declared.requests.model_dump(), "limits": declared.limits.model_dump()}


def probe(declared: Probe, port: str) -> dict[str, Value]:
    """Return an HTTP probe of a named port."""
    timing = declared.model_dump(by_alias=True, exclude={"path"})
    return {"httpGet": {"path": declared.path, "port": port}, **timing}


def read_only(volume: str, path: str) -> dict[str, Value]:
    """Return the read-only mount of a volume."""
    return {"name": volume, "mountPath": path, "readOnly": True}
