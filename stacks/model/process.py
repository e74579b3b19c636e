"""How a container's process is started and ended."""

from typing import Annotated, Literal

from pydantic import model_validator

from stacks.model.types import LEFT_OUT, Count, Folder, Model


class Hook(Model):
    """What the kubelet does when a container starts or before it ends: exactly one of these."""

    exec: tuple[str, ...] = ()
    """A command in the container."""
    sleep: Count | None = None
    """Seconds to wait. In `preStop`, this lets clients notice that the pod leaves the Service."""

    @model_validator(mode="after")
    def _one(self) -> "Hook":
        if bool(self.exec) == (self.sleep is not None):
            raise ValueError("give exactly one of exec and sleep")
        return self


class Lifecycle(Model):
    """Hooks of a container's life."""

    post_start: Hook | None = None
    """Runs right after the start; the container is not ready before it ends."""
    pre_stop: Hook | None = None
    """Runs before SIGTERM, within `terminationGracePeriodSeconds`."""


class Process(Model):
    """The process of a container."""

    command: Annotated[tuple[str, ...], LEFT_OUT] = ()
    """The program, instead of the image's own, such as `[npx, -y, my-server]`."""
    args: tuple[str, ...] = ()
    """Arguments of the program."""
    working_dir: Annotated[Folder | None, LEFT_OUT] = None
    """The folder in which it starts, if not the image's own."""
    image_pull_policy: Annotated[Literal["Always", "IfNotPresent", "Never"] | None, LEFT_OUT] = None
    """When the node pulls the image: `IfNotPresent` unless given."""
    lifecycle: Annotated[Lifecycle | None, LEFT_OUT] = None
    """Hooks after the start and before the end."""
