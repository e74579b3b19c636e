"""Ask MCP servers at their addresses outside the cluster."""

import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from checks.exposure.addresses import Place, is_exposed, places
from checks.kube.concurrent import read_each
from checks.kube.connection import Connection
from checks.kube.endpoint import unverified
from checks.kube.reading import Read, ReadFailure, Reading
from checks.mcp.answer import Answer, Outcome
from checks.mcp.client_credentials import declared_token
from checks.mcp.replicas import ask
from checks.mcp.token import Token, read_value
from checks.snapshot.reader import Collector, Reader
from stacks.model import names
from stacks.model.authorization import SecretValue
from stacks.model.server import Server

DEADLINE_SECONDS = 10.0
"""Timeout of all requests to one address in one way."""


@dataclass(frozen=True)
class Tried:
    """What an address answered."""

    url: str
    anonymous: Answer
    """The answer to requests without credentials."""
    authorized: Answer | None = None
    """The answer to requests with the token: only over HTTPS with a certificate that this machine trusts."""

    @property
    def seconds(self) -> float:
        """Return how long the answers took."""
        return self.anonymous.seconds + (self.authorized.seconds if self.authorized else 0.0)


@dataclass(frozen=True)
class Exposed:
    """What leads to a server from outside, and what answers there."""

    place: Place
    tried: tuple[Tried, ...] = ()


Outside = Mapping[str, tuple[Reading[Exposed], ...]]
"""By server."""


async def collect(reader: Reader) -> Outside | None:
    """Ask all servers that have an address outside; None inside the cluster, from where such an address proves nothing.

    Only addresses in the status of the stack's objects, its nodes and its Gateways are asked.
    """
    if reader.connection.inside:
        return None
    servers = {kind: each for kind, each in reader.declaration.servers.items() if is_exposed(each)}
    return await read_each(lambda kind: _exposed(reader, kind, servers[kind]), servers)


OUTSIDE = Collector(collect)


async def _exposed(reader: Reader, kind: str, server: Server) -> tuple[Reading[Exposed], ...]:
    found: list[Reading[Exposed]] = []
    for place in await places(reader, kind, server):
        if isinstance(place, ReadFailure):
            found.append(place)
            continue
        route = await _route(reader, kind, server, place.value)
        addresses = place.value.addresses if _leads_to(server, place.value) else ()
        tried = await read_each(partial(_tried, reader, kind, server, route), addresses)
        found.append(Read(Exposed(place.value, tuple(tried.values())), place.seconds))
    return tuple(found)


def _leads_to(server: Server, place: Place) -> bool:
    """Return whether it is known which path leads to the server: a controller can be told to change the paths."""
    prefix = server.exposure.path.rstrip("/") if server.exposure and place.host else ""
    return f"{server.path}/".startswith(f"{prefix}/")


async def _route(reader: Reader, kind: str, server: Server, place: Place) -> Connection:
    """Return the connection to an address of a place, without the address."""
    context = reader.connection.context
    if not place.tls:
        return Connection(context, "http://", virtual_host=place.host)
    if not place.host:
        # A certificate in the pods names the Service, which nobody outside asks for.
        name = names.host(names.server(kind), server.namespace, reader.declaration.cluster.service_domain())
        return Connection(context, "https://", tls=unverified(), server_name=name)
    return Connection(
        context, "https://", tls=await _trusting(reader, server), server_name=place.host, virtual_host=place.host
    )


async def _trusting(reader: Reader, server: Server) -> ssl.SSLContext:
    """Return a context that trusts this machine's authorities, and the certificates of the Secret of the Ingress."""
    context = ssl.create_default_context()
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if server.exposure and server.exposure.tls:
        for key in ("tls.crt", "ca.crt"):
            stored = SecretValue(secret=server.exposure.tls.secret, key=key)
            reading = await read_value(reader.api, server.namespace, stored, "read the certificate")
            if isinstance(reading, Read) and reading.value:
                # The check `secrets` tells what is wrong with it.
                with suppress(ssl.SSLError, ValueError):
                    context.load_verify_locations(cadata=reading.value)
    return context


async def _tried(reader: Reader, kind: str, server: Server, route: Connection, address: str) -> Tried:
    route = replace(route, host=f"{route.host}{address}")
    shown = f"{route.host.partition('://')[0]}://{route.virtual_host or address}{server.path}"
    url = f"{shown} ({address})" if route.virtual_host else shown
    anonymous = await ask(route, server.path, server, (), DEADLINE_SECONDS)
    verified = route.tls is not None and route.tls.verify_mode is ssl.CERT_REQUIRED
    if not verified or anonymous.outcome is not Outcome.GATED:
        return Tried(url, anonymous)
    token = await declared_token(reader, kind, server)
    if not isinstance(token, Read):
        # The check `mcp` tells why there is none.
        return Tried(url, anonymous)
    return Tried(url, anonymous, await _with_token(route, server, token.value))


async def _with_token(route: Connection, server: Server, token: Token) -> Answer:
    signed = replace(route, token=token.header)
    return token.hidden(await ask(signed, server.path, server, (), DEADLINE_SECONDS))
