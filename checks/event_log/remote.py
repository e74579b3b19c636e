"""Read the event log of the agent inside the cluster, which serves it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from math import ceil

import anyio
import httpx2

from checks.errors import UncheckedError
from checks.event_log import files
from checks.event_log.entry import Entry
from checks.kube.client import ApiClient, status_message
from checks.kube.connection import Connection
from checks.kube.endpoint import behind, pod_path
from checks.kube.reading import Read
from checks.kube.resources import LEASES
from checks.kube.transport import timed_out, unreachable
from stacks.model import names

RETRY_SECONDS = 2.0
"""How long to wait before a log that is followed is asked for again."""


class RemoteLog:
    """The log that the agent of a cluster serves."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def past(self, begin: datetime) -> list[Entry]:
        """Return the entries since a time.

        Raises:
            UncheckedError: the agent did not answer.
        """
        try:
            return [entry async for entry in _lines(self._connection, begin, following=False) if entry]
        except httpx2.TransportError as error:
            raise UncheckedError(_sentence(error)) from error

    async def follow(self, begin: datetime) -> AsyncIterator[Entry]:
        """Yield the entries since a time, then new ones, for ever; after a lost connection it goes on where it was.

        Raises:
            UncheckedError: the agent did not answer the first request.
        """
        last, seen, answered = begin, set[str](), False
        while True:
            try:
                async for entry in _lines(self._connection, last, following=True):
                    answered = True
                    if entry is None or entry.timestamp < last or repr(entry) in seen:
                        continue
                    if entry.timestamp > last:
                        last, seen = entry.timestamp, set()
                    seen.add(repr(entry))
                    yield entry
            except UncheckedError:
                if not answered:
                    raise
            except httpx2.TransportError as error:
                if not answered:
                    raise UncheckedError(_sentence(error)) from error
            await anyio.sleep(RETRY_SECONDS)


async def _lines(connection: Connection, begin: datetime, *, following: bool) -> AsyncIterator[Entry | None]:
    seconds = max(ceil((datetime.now(UTC) - begin).total_seconds()), 0)
    days, rest = divmod(seconds, 86400)
    query = f"/events?since={days}d{rest}s" + ("&follow=true" if following else "")
    # A quiet cluster has nothing to say for hours.
    timeout = httpx2.Timeout(None if following else 30.0, connect=5.0)
    async with (
        connection.client() as client,
        client.stream("GET", await _place(client, connection, query), timeout=timeout) as response,
    ):
        if response.status_code != HTTPStatus.OK:
            await response.aread()
            text = status_message(response.content) or response.reason_phrase
            raise UncheckedError(f"the agent does not serve its event log (HTTP {response.status_code}: {text})")
        async for line in response.aiter_lines():
            yield files.decoded(line.encode())


async def _place(client: httpx2.AsyncClient, connection: Connection, query: str) -> str:
    """Return the path of the leader's log, which alone has reactions; of any agent's if the leader is not known."""
    lease = await ApiClient(client).get(LEASES, names.SYSTEM_NAMESPACE, names.AGENT)
    holder = lease.value.spec.holder_identity if isinstance(lease, Read) and lease.value else None
    if holder:
        return pod_path(holder, names.SYSTEM_NAMESPACE, names.AGENT_PORT, query)
    return behind(connection, names.AGENT, names.SYSTEM_NAMESPACE, names.AGENT_PORT, query)[1]


def _sentence(error: httpx2.TransportError) -> str:
    return timed_out(error) if isinstance(error, httpx2.TimeoutException) else unreachable(error)
