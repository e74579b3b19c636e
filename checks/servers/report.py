"""What `cortex discover` shows: the MCP servers that run, that are missing, and that are not declared."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, TextIO

import msgspec

from checks.formats import text
from checks.formats.table import table
from checks.results.cluster_document import head
from checks.results.conclusion import FINDINGS, OK, UNKNOWN
from checks.results.document import Document
from checks.results.result import Ref, Unknown
from checks.servers.discovery import Sight, Sighting
from checks.target import Target
from stacks.model import names
from stacks.model.declaration import Declaration

SCHEMA = "cortex.dev/discover/v1"

State = Literal["ready", "not-ready", "missing", "undeclared"]

_CODES: Mapping[State, Sequence[str]] = {
    "not-ready": ("server.unavailable",),
    "missing": ("server.missing", "server.unavailable"),
    "undeclared": ("server.undeclared",),
}


class Endpoints(msgspec.Struct, frozen=True):
    """The addresses of a server inside the cluster: by its annotation, by the IP of its Service, by its DNS name."""

    annotation: str
    service: str | None
    dns: str | None


class Server(msgspec.Struct, frozen=True, rename="camel"):
    """An MCP server; `endpoints` is null if none of its pods is ready."""

    type: str
    namespace: str
    state: State
    version: str
    protocol: str
    capabilities: list[str]
    ready_pods: int
    pods: int
    endpoints: Endpoints | None


class Discovered(Document, frozen=True, rename="camel", kw_only=True):
    """The servers that were found. `everywhere` is false if only the declared namespaces could be searched."""

    everywhere: bool
    servers: list[Server]
    unknowns: list[Unknown]


def document(target: Target, sight: Sight, today: date) -> Discovered:
    """Return the report.

    The exit code is 1 if a declared server is missing or not ready, or a server is undeclared, unless the declaration
    suppresses it; 3 if something could not be read.
    """
    declared = target.declaration.servers
    servers = [_server(sighting) for sighting in sight.sightings]
    for kind in sight.missing(target.declaration):
        server = declared[kind]
        nothing = Server(kind, server.namespace, "missing", server.version, server.transport, [], 0, 0, None)
        servers.append(nothing)
    wrong = any(server.state != "ready" and not _accepted(target.declaration, server, today) for server in servers)
    return Discovered(
        **head(SCHEMA, target, FINDINGS if wrong else UNKNOWN if sight.failures else OK),
        everywhere=sight.everywhere,
        servers=servers,
        unknowns=[Unknown.of(failure) for failure in sight.failures],
    )


def _accepted(declaration: Declaration, server: Server, today: date) -> bool:
    """Return whether the declaration suppresses today what `cortex verify` finds about such a server."""
    deployment = Ref("Deployment", names.server(server.type), server.namespace)
    found = [(code, str(deployment)) for code in _CODES[server.state]]
    lasting = [one for one in declaration.suppressions if not one.ended(today)]
    return any(one.covers(*each) for one in lasting for each in found)


def write(document: Discovered, out: TextIO) -> None:
    """Write the servers as a table, and what could not be read."""
    headings = ("TYPE", "NAMESPACE", "STATE", "READY", "VERSION", "PROTOCOL", "CAPABILITIES", "ENDPOINT")
    lines = [
        (
            server.type,
            server.namespace,
            server.state,
            f"{server.ready_pods}/{server.pods}",
            server.version,
            server.protocol,
            ",".join(server.capabilities),
            server.endpoints.annotation if server.endpoints else None,
        )
        for server in document.servers
    ]
    out.write(table(headings, lines) if lines else "No MCP server exists, and none is declared.\n")
    if not document.everywhere:
        out.write(
            "\nOnly the declared namespaces were searched: the account has no permission to list pods elsewhere.\n"
        )
    text.write_parts(text.details((), (), document.unknowns), out)


def _server(sighting: Sighting) -> Server:
    endpoints = Endpoints(sighting.endpoint, sighting.service_endpoint, sighting.dns_endpoint)
    return Server(
        type=sighting.type,
        namespace=sighting.namespace,
        state=_state(sighting),
        version=sighting.version,
        protocol=sighting.protocol,
        capabilities=sighting.capabilities,
        ready_pods=sighting.ready,
        pods=len(sighting.pods),
        endpoints=endpoints if sighting.ready else None,
    )


def _state(sighting: Sighting) -> State:
    if not sighting.declared:
        return "undeclared"
    return "ready" if sighting.ready else "not-ready"
