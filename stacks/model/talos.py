"""Talos Linux on the nodes: what `cortex verify` and `cortex talos` expect of the Talos API."""

from typing import Annotated

from pydantic import Field

from stacks.model.types import LEFT_OUT, Count, Model, Port, matching

API_PORT = 50000
"""The port on which apid, the server of the Talos API, listens on every node."""

TalosVersion = Annotated[
    str,
    matching(
        r"\d+\.\d+\.(x|\d+(-[0-9A-Za-z.]+)?)",
        "a version of Talos: write for instance 1.9.x for any patch release, or 1.9.3",
    ),
]

ExtensionName = Annotated[str, matching(r"[A-Za-z0-9][A-Za-z0-9._-]*", "the name of an extension, such as iscsi-tools")]


class Talos(Model):
    """Talos Linux on the nodes of the cluster; with it, `cortex verify` asks the Talos API of every node."""

    version: Annotated[TalosVersion | None, LEFT_OUT] = None
    """The version that every node must have: `1.9.x` for any patch release, or `1.9.3`."""
    control_planes: Annotated[Count | None, LEFT_OUT] = None
    """How many control-plane nodes the cluster must have."""
    context: Annotated[str | None, LEFT_OUT, Field(min_length=1)] = None
    """The context of the talosconfig, if it is not its current one."""
    extensions: Annotated[tuple[ExtensionName, ...], LEFT_OUT] = ()
    """System extensions that every node must have, by name, such as `iscsi-tools`."""
    port: Port = API_PORT
    """The port of the Talos API on the nodes."""
