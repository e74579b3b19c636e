"""React to what occurs, while this agent leads: one of several reacts, and what it missed the next one makes up for."""

from collections import deque
from collections.abc import Callable
from time import monotonic

import anyio

from checks.agent.leader import Election
from checks.event_log.entry import LoggedReaction
from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.kube.watch.connector import Connector
from checks.reactions.actions import Actions
from checks.reactions.handlers import handlers
from checks.reactions.reaction import Reaction, Verb
from checks.reactions.reactor import Reactor, ReactorStats

REMEMBERED_SECONDS = 30.0
"""How long what occurred is kept for the case that the leader is gone; another leads within 20 s."""


class Reacting:
    """Gives occurrences to a reactor while this agent leads. Without an `election` it leads at once.

    `ready` says when it may lead: with a log of its own. `report` gets each reaction.
    """

    def __init__(
        self,
        connector: Connector,
        allowed: frozenset[Verb] | None,
        identity: str,
        ready: anyio.Event,
        report: Callable[[LoggedReaction], None],
    ) -> None:
        self.leading = False
        self.stats = ReactorStats()
        self.transitions = 0
        self._connector, self._allowed, self._identity = connector, allowed, identity
        self._ready, self._report = ready, report
        self._handlers = handlers()
        self._recent: deque[tuple[float, Occurrence]] = deque()
        self._reactor: Reactor | None = None
        self._election: Election | None = None

    @property
    def problem(self) -> str:
        """Return why the last attempt to lead failed; empty if it did not."""
        return self._election.problem if self._election else ""

    def take(self, occurred: Occurrence) -> None:
        """React to what occurred, or remember it for a while."""
        if occurred.reason not in self._handlers:
            return
        if self._reactor:
            self._reactor.take(occurred)
            return
        now = monotonic()
        self._recent.append((now, occurred))
        while self._recent[0][0] < now - REMEMBERED_SECONDS:
            self._recent.popleft()

    async def run(self) -> None:
        """Lead whenever that is this agent's turn, until cancelled."""
        await self._ready.wait()
        if not self._identity:
            await self._lead(since=0.0)
            return
        async with self._connector.client() as client:
            self._election = election = Election(ApiClient(client), self._identity)

            async def lead() -> None:
                self.transitions = election.transitions
                await self._lead(since=election.vacant_since)

            await election.run(lead)

    async def _lead(self, since: float) -> None:
        """React, first to what occurred since the leader before was last seen."""
        async with self._connector.client() as client:
            api = ApiClient(client)
            reactor = Reactor(self._handlers, api, self._reacted, Actions(self._allowed, api))
            self._reactor, self.stats, self.leading = reactor, reactor.stats, True
            for at, occurred in self._recent:
                if at >= since:
                    reactor.take(occurred)
            self._recent.clear()
            try:
                await reactor.run()
            finally:
                self._reactor, self.leading = None, False

    async def _reacted(self, occurred: Occurrence, found: Reaction | None, failed: str, action: str) -> None:
        self._report(
            LoggedReaction(
                reason=occurred.reason,
                object=occurred.object,
                summary=found.summary if found else "",
                details=list(found.details) if found else [],
                action=action,
                failed=failed,
            )
        )
