"""Fetch a kubeconfig from a node, and check that it is one for the cluster of the nodes that gave it."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import yaml
from cryptography import x509

from checks.errors import UncheckedError
from checks.kube.client import ApiClient
from checks.kube.connection import from_kubeconfig
from checks.kube.models import Node
from checks.kube.reading import ReadFailure
from checks.kube.resources import NODES
from checks.private_folder import private_folder
from checks.talos.answers import Member
from checks.talos.kubeconfig_source import from_any
from checks.talos.talosconfig import load, place
from stacks.model.declaration import Declaration
from stacks.model.talos import Talos


@dataclass(frozen=True)
class Fetched:
    """A kubeconfig of an administrator. The content is secret."""

    node: str
    """The control-plane node that gave it."""
    server: str
    expires: datetime
    content: str = field(repr=False)


async def fetch(declaration: Declaration, talosconfig: Path | None) -> Fetched:
    """Return a kubeconfig whose context has the declared name, after it has reached the cluster.

    Raises:
        UsageError: there is no talosconfig, or it cannot be used.
        UncheckedError: no control-plane node gave a kubeconfig, or it is not one for their cluster.
    """
    fetched, members = await obtain(declaration, talosconfig)
    what = f"the kubeconfig of {fetched.node}"
    await _require_cluster(what, fetched.server, declaration.cluster.context, fetched.content, members)
    return fetched


async def obtain(declaration: Declaration, talosconfig: Path | None) -> tuple[Fetched, tuple[Member, ...]]:
    """Return a kubeconfig that was not tried yet, and the etcd members that the node names; see `fetch`."""
    declared = declaration.talos or Talos()
    config = load(place(talosconfig), declared.context)
    given = await from_any(config, declared.port)
    what = f"the kubeconfig of {given.node}"
    try:
        document = yaml.safe_load(given.kubeconfig)
        content, server, certificate = _renamed(document, declaration.cluster.context)
        expires = x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    except (yaml.YAMLError, UnicodeDecodeError, binascii.Error, LookupError, TypeError, ValueError) as error:
        # The text of the error may quote the key.
        raise UncheckedError(
            f"{what} is incomplete, or is not one with a client certificate: fetch it again"
        ) from error
    if expires <= datetime.now(UTC):
        raise UncheckedError(f"{what} has a client certificate that expired on {expires:%Y-%m-%d}: compare the clocks")
    return Fetched(given.node, server, expires, content), given.members


def _renamed(document: object, name: str) -> tuple[str, str, bytes]:
    """Return a kubeconfig with another name of its context, its server, and its client certificate.

    Raises:
        LookupError, TypeError, ValueError: it is not a kubeconfig with a client certificate.
    """
    config = cast("dict[str, list[dict[str, Mapping[str, str]]]]", document)
    current = cast("dict[str, str]", document)["current-context"]
    context = _named(config["contexts"], current)["context"]
    cluster = _named(config["clusters"], context["cluster"])["cluster"]
    user = _named(config["users"], context["user"])["user"]
    made = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": context["cluster"], "cluster": dict(cluster)}],
        "users": [{"name": context["user"], "user": dict(user)}],
        "contexts": [{"name": name, "context": dict(context)}],
    }
    certificate = base64.b64decode(user["client-certificate-data"], validate=True)
    return yaml.safe_dump(made, sort_keys=False), str(cluster["server"]), certificate


def _named(entries: list[dict[str, Mapping[str, str]]], name: str) -> dict[str, Mapping[str, str]]:
    return next(entry for entry in [*entries, {}] if not entry or cast("object", entry["name"]) == name)


async def _require_cluster(what: str, server: str, context: str, content: str, members: tuple[Member, ...]) -> None:
    """Raise UncheckedError unless the server answers, and knows a member of the etcd cluster as a node."""
    with private_folder() as folder:
        file = folder / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(content, encoding="utf-8")
        connection = from_kubeconfig(context, file)
        async with connection.client() as client:
            nodes = await ApiClient(client).list(NODES)
    if isinstance(nodes, ReadFailure):
        raise UncheckedError(
            f"{what} does not reach the cluster at {server}: {nodes.message}; nothing was written: "
            "set cluster.controlPlane.endpoint of the machine configuration to an address that is reachable from here"
        )
    if members and not any(_is(one, node) for one in members for node in nodes.value):
        names = ", ".join(sorted(one.name for one in members))
        raise UncheckedError(
            f"{what} names the server {server}, which is that of another cluster: it knows none of the nodes {names}"
        )


def _is(member: Member, node: Node) -> bool:
    addresses = {one.address for one in node.status.addresses}
    return member.name == node.metadata.name or bool(member.addresses & addresses)
