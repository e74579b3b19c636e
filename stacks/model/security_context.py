"""What a container may do on its node: by default as little as Pod Security `restricted` asks for, and less."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stacks.model.types import LARGEST, LEFT_OUT, LEFT_OUT_IF_NONE, Model, spelled_out

Id = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
"""The number of a user or group."""

Capability = Annotated[str, Field(pattern=r"^[A-Z_]+$", examples=["NET_BIND_SERVICE"])]
"""A capability of Linux, without `CAP_`."""


OnByDefault = Annotated[Literal[False] | None, spelled_out(default=True, accepted=bool), LEFT_OUT_IF_NONE]
"""A switch that can only be turned off."""

OffByDefault = Annotated[Literal[True] | None, spelled_out(default=False, accepted=bool), LEFT_OUT]
"""A switch that can only be turned on."""


class SecurityContext(Model):
    """Exceptions to the defaults, in the terms of Kubernetes. Each preview names those that weaken security.

    By default all processes run as user and group 65532, with a read-only root file system and without capabilities.
    """

    run_as_user: Annotated[Id | Literal["assigned"] | None, LEFT_OUT] = None
    """The user. `assigned` leaves user and groups to the cluster (OpenShift)."""
    run_as_group: Annotated[Id | None, LEFT_OUT] = None
    """The group: the user's number unless given."""
    fs_group: Annotated[Id | None, LEFT_OUT] = None
    """The group that owns volumes and reads Secrets: `runAsGroup` unless given."""
    supplemental_groups: Annotated[tuple[Id, ...], LEFT_OUT] = ()
    """More groups of the processes."""
    run_as_non_root: OnByDefault = None
    """`false` admits an image that runs as root. The user is then the image's own unless `runAsUser` is given."""
    read_only_root_filesystem: OnByDefault = None
    """`false` makes the whole root file system writable; prefer `writable`, which names the folders."""
    allow_privilege_escalation: OffByDefault = None
    """`true` lets a process gain more rights than its parent, as `sudo` does."""
    privileged: OffByDefault = None
    """`true` gives the container all rights on its node."""
    add_capabilities: Annotated[tuple[Capability, ...], LEFT_OUT] = ()
    """Capabilities that it gets; all others are dropped."""
    seccomp_profile: Annotated[
        Literal["Unconfined"] | None, spelled_out("RuntimeDefault", Literal["RuntimeDefault", "Unconfined"]), LEFT_OUT
    ] = None
    """`Unconfined` switches off the filter of system calls."""

    @model_validator(mode="after")
    def _fits(self) -> "SecurityContext":
        if self.run_as_user == 0 and self.run_as_non_root is None:
            raise ValueError("runAsUser is 0, which is root: write runAsNonRoot: false beside it, or another user")
        if self.run_as_user == "assigned" and (self.run_as_group is not None or self.fs_group is not None):
            raise ValueError("runAsUser is assigned, and with it the groups: remove runAsGroup and fsGroup")
        if self.privileged and self.allow_privilege_escalation is None:
            raise ValueError("privileged needs allowPrivilegeEscalation: true beside it, as Kubernetes asks for")
        return self
