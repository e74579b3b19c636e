"""Send alerts to a webhook: one at a time, in order, again until it takes them."""

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import anyio
import httpx2

from checks.kube.watch.backoff import Backoff
from checks.sinks.alert import Alert
from checks.sinks.payload import FORMATS, Format
from checks.sinks.spool import Spool, Waiting

LONGEST_WAIT = timedelta(hours=24)
"""A message that could not be delivered in this time is given up."""
TIMEOUT_SECONDS = 10.0
_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass
class WebhookStats:
    """What a webhook counts. `problem` is why the last message was not taken; empty if it was."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0
    waiting: int = 0
    problem: str = ""


class Webhook:
    """Sends alerts to an address, which is secret and never shown."""

    def __init__(
        self,
        name: str,
        url: Callable[[], str],
        form: Format,
        spool: Spool,
        client: httpx2.AsyncClient,
        pause: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.name = name
        self.stats = WebhookStats(waiting=spool.count(name))
        self._url, self._form, self._spool, self._client, self._pause = url, form, spool, client, pause
        self._added = anyio.Event()
        self._backoff = Backoff()

    def send(self, alert: Alert) -> None:
        """Send an alert as soon as that is possible; it is lost if the spool cannot be written."""
        try:
            self._spool.add(self.name, FORMATS[self._form](alert))
            self.stats.waiting = self._spool.count(self.name)
        except (sqlite3.Error, OSError) as error:
            self.stats.given_up += 1
            self.stats.problem = f"the spool cannot be written: {error}"
        self._added.set()

    async def run(self) -> None:
        """Send what waits, for ever."""
        while True:
            try:
                await self._next()
            except (sqlite3.Error, OSError) as error:
                self.stats.problem = f"the spool cannot be used: {error}"
                await self._pause(self._backoff.seconds())

    async def _next(self) -> None:
        """Send the oldest message, or wait for one."""
        message = self._spool.first(self.name)
        if message is None:
            await self._added.wait()
            self._added = anyio.Event()
        else:
            await self._deliver(message)
            self.stats.waiting = self._spool.count(self.name)

    async def _deliver(self, message: Waiting) -> None:
        """Send a message, or wait before it is sent again, or give it up."""
        try:
            response = await self._client.post(
                self._url(),
                content=message.body,
                headers={"Content-Type": "application/json"},
                timeout=TIMEOUT_SECONDS,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            # Its text can have the address.
            await self._failed(message, f"no answer ({type(error).__name__})", again=True)
            return
        if response.is_success:
            self._spool.remove(message)
            self.stats.sent += 1
            self.stats.problem = ""
            self._backoff.reset()
        else:
            status = response.status_code
            await self._failed(message, f"HTTP {status}", again=status >= 500 or status in _AGAIN)

    async def _failed(self, message: Waiting, why: str, *, again: bool) -> None:
        self.stats.failed += 1
        self.stats.problem = why
        if not again or datetime.now(UTC) - message.since > LONGEST_WAIT:
            self._spool.give_up(self.name, message, why)
            self.stats.given_up += 1
        else:
            await self._pause(self._backoff.seconds())
