"""What `cortex discover` says: the MCP servers that are there, those that are missing, those that nobody declared."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from checks.formats.cells import clean, table
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
    """Where a server answers inside the cluster: as its annotation says, by its Service's IP, by its DNS name."""

    annotation: str
    service: str | None
    dns: str | None


class Server(msgspec.Struct, frozen=True, rename="camel"):
    """An MCP server; `endpoints` is null unless one of its `pods` is ready."""

    type: str
    namespace: str
    state: State
    version: str
    protocol: str
    capabilities: list[str]
    ready_pods: int
    pods: int
    endpoints: Endpoints | None


class Discovered(msgspec.Struct, frozen=True, rename="camel"):
    """What was found. `everywhere` is false if the account may look into the declared namespaces alone."""

    schema: str
    stack: str
    context: str
    exit_code: int
    everywhere: bool
    servers: list[Server]
    unknowns: list[Unknown]


def document(target: Target, sight: Sight, today: date) -> Discovered:
    """Put what was found into the document.

    The exit code is 1 if a declared server is not ready or missing, or one is there that nobody declared, and the
    declaration does not accept it; 3 if something could not be read.
    """
    declared = target.declaration.servers
    servers = [_server(sighting) for sighting in sight.sightings]
    for kind in sight.missing(target.declaration):
        server = declared[kind]
        nothing = Server(kind, server.namespace, "missing", server.version, server.transport, [], 0, 0, None)
        servers.append(nothing)
    wrong = any(server.state != "ready" and not _accepted(target.declaration, server, today) for server in servers)
    return Discovered(
        schema=SCHEMA,
        stack=target.stack,
        context=target.connection.context,
        exit_code=1 if wrong else 3 if sight.failures else 0,
        everywhere=sight.everywhere,
        servers=servers,
        unknowns=[Unknown(failure.what, failure.reason, failure.message) for failure in sight.failures],
    )


def _accepted(declaration: Declaration, server: Server, today: date) -> bool:
    """Tell whether the declaration accepts today what `cortex verify` finds about such a server."""
    deployment = Ref("Deployment", names.server(server.type), server.namespace)
    found = [(code, str(deployment)) for code in _CODES[server.state]]
    lasting = [one for one in declaration.suppressions if not one.ended(today)]
    return any(one.covers(*each) for one in lasting for each in found)


def text(document: Discovered) -> str:
    """Give the document as a table, and in sentences what the table cannot hold."""
    headings = ("TYPE", "NAMESPACE", "STATE", "READY", "VERSION", "PROTOCOL", "CAPABILITIES", "ENDPOINT")
    results = [
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
    lines = [table(headings, results) if results else "No MCP server is there, and none is declared.\n"]
    if not document.everywhere:
        lines.append("\nOnly the declared namespaces were looked at: the account may not list the pods of others.\n")
    lines += [f"\nCould not be read: {clean(unknown.message)}\n" for unknown in document.unknowns]
    return "".join(lines)


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
