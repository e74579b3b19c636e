"""What every pod of the stack has in common: fit for Pod Security `restricted`, with a root that it cannot write."""

from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    HTTPGetActionArgs,
    PodSecurityContextArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SeccompProfileArgs,
    SecurityContextArgs,
    VolumeMountArgs,
)

from stacks.probe import Probe
from stacks.server import Resources

USER = 65532
"""The `nonroot` user of distroless images; nothing on a node is expected to be its."""


def pod_security() -> PodSecurityContextArgs:
    """Give the security context of a pod."""
    return PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=USER,
        run_as_group=USER,
        # So that the user can read the files of a Secret that others cannot.
        fs_group=USER,
        seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> SecurityContextArgs:
    """Give the security context of a container."""
    return SecurityContextArgs(
        allow_privilege_escalation=False,
        capabilities=CapabilitiesArgs(drop=["ALL"]),
        read_only_root_filesystem=True,
    )


def resources(declared: Resources) -> ResourceRequirementsArgs:
    """Give what a container asks for and may use."""
    return ResourceRequirementsArgs(requests=declared.requests.model_dump(), limits=declared.limits.model_dump())


def probe(declared: Probe, port: str) -> ProbeArgs:
    """Give an HTTP probe of a named port."""
    return ProbeArgs(
        http_get=HTTPGetActionArgs(path=declared.path, port=port),
        **declared.model_dump(exclude={"path"}),
    )


def read_only(volume: str, path: str) -> VolumeMountArgs:
    """Mount a volume so that the container cannot write it."""
    return VolumeMountArgs(name=volume, mount_path=path, read_only=True)
