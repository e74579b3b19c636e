"""Fetch a kubeconfig from a control-plane node: over the Talos API, or else with talosctl.

A talos MCP server is no way to it: it is reached through the Kubernetes API, which needs a kubeconfig already, and the
servers that have a tool for it keep the file in their own folder.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field

from checks.errors import UncheckedError
from checks.kube.reading import ReadFailure
from checks.talos.answers import Member, TalosApi, told
from checks.talos.bindings import missing
from checks.talos.places import Place, from_talosconfig
from checks.talos.talosconfig import Talosconfig, expired
from checks.talos.talosctl import PROGRAM, Talosctl


@dataclass(frozen=True)
class Given:
    """What a node gave: its kubeconfig, and the members of etcd, which are nodes of its cluster."""

    node: str
    kubeconfig: bytes = field(repr=False)
    members: tuple[Member, ...]


async def from_any(config: Talosconfig, port: int) -> Given:
    """Return what the first control-plane node gives that gives something.

    Raises:
        UncheckedError: none gives something.
    """
    if failure := expired(config):
        raise UncheckedError(failure.message)
    planes = [one for one in from_talosconfig(config) if one.control_plane]
    if not planes:
        raise UncheckedError(
            f"context {config.context!r} of the talosconfig {config.source} has no endpoints: "
            "add the control-plane nodes (`talosctl config endpoint ADDRESS`)"
        )
    failures: list[str] = []
    for ask in (_over_api, _with_talosctl):
        if given := await ask(config, planes, port, failures):
            return given
    raise UncheckedError(f"no control-plane node gave a kubeconfig: {'; '.join(failures)}")


async def _over_api(config: Talosconfig, planes: Sequence[Place], port: int, failures: list[str]) -> Given | None:
    if message := missing():
        failures.append(message)
        return None
    # Imported here because the packages are an extra.
    from checks.talos.client import connections
    from checks.talos.observe import routes
    from checks.talos.tls import client_context

    with connections(client_context(config)) as connected:
        for one in planes:
            for route in routes(config, one.address, port):
                if given := await _ask(one.address, await connected.node(route), failures):
                    return given
    return None


async def _with_talosctl(config: Talosconfig, planes: Sequence[Place], port: int, failures: list[str]) -> Given | None:
    path = shutil.which(PROGRAM)
    if path is None:
        failures += [f"{PROGRAM} is not on PATH"] if missing() else []
        return None
    program = Talosctl(path, config, port)
    for one in planes:
        if given := await _ask(one.address, program.node(one.address), failures):
            return given
    return None


async def _ask(address: str, node: TalosApi | ReadFailure, failures: list[str]) -> Given | None:
    if isinstance(node, ReadFailure):
        failures.append(f"{address}: {node.message}")
        return None
    kubeconfig, members = await node.kubeconfig(), await node.etcd_members()
    if isinstance(kubeconfig, ReadFailure):
        failures.append(f"{address}: {kubeconfig.message}")
        return None
    return Given(address, kubeconfig.value, told(members) or ())
