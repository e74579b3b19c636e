"""Send what needs attention to the declared webhooks, from the agent that leads."""

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path

import anyio
import httpx2
from prometheus_client.core import GaugeMetricFamily, Metric

from checks.agent.metrics import counters
from checks.event_log.entry import LoggedChange, LoggedReaction
from checks.results.result import Ref
from checks.sinks.alert import Alert
from checks.sinks.spool import Spool
from checks.sinks.webhook import Webhook
from stacks.model.agent import Webhook as Declared


class Alerting:
    """Sends alerts about a stack; `addresses` is a folder with a file for each webhook, which has its address.

    Without such a folder nothing is sent.
    """

    def __init__(
        self, stack: str, context: str, declared: Mapping[str, Declared], spool: Path, addresses: Path | None
    ) -> None:
        self._stack, self._context, self._declared = stack, context, declared
        self._spool, self._addresses = spool, addresses
        self._webhooks: list[Webhook] = []

    async def run(self) -> None:
        """Send for ever; what an agent before it left behind comes first."""
        if self._addresses is None or not self._declared:
            return
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False))
            spool = Spool(self._spool)
            stack.callback(spool.close)
            self._webhooks = [
                Webhook(name, _Address(self._addresses / name), hook.format, spool, client)
                for name, hook in self._declared.items()
            ]
            async with anyio.create_task_group() as group:
                for webhook in self._webhooks:
                    group.start_soon(webhook.run)

    def reacted(self, reaction: LoggedReaction) -> None:
        """Send a reaction."""
        details = (*reaction.details, *([reaction.action] if reaction.action else []))
        self._send(reaction.object, reaction.reason, reaction.summary or reaction.failed, details)

    def changed(self, change: LoggedChange) -> None:
        """Send a change that is an alert."""
        self._send(change.object, change.what, change.message)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the name of each webhook, and why it did not take the last message; empty if it did."""
        yield from ((webhook.name, webhook.stats.problem) for webhook in self._webhooks)

    def metrics(self) -> Iterator[Metric]:
        """Yield what the webhooks count."""
        stats = {webhook.name: webhook.stats for webhook in self._webhooks}
        for metric, text, value in (
            ("webhook_sent", "Alerts that a webhook took.", attrgetter("sent")),
            ("webhook_failures", "Attempts that a webhook did not take.", attrgetter("failed")),
            ("webhook_dead_letters", "Alerts that were given up.", attrgetter("given_up")),
        ):
            yield counters(metric, text, "webhook", {name: value(each) for name, each in stats.items()})
        waiting = GaugeMetricFamily("cortex_agent_webhook_waiting", "Alerts that wait to be sent.", labels=("webhook",))
        for name, each in stats.items():
            waiting.add_metric((name,), each.waiting)
        yield waiting

    def _send(self, about: Ref, reason: str, summary: str, details: tuple[str, ...] = ()) -> None:
        alert = Alert(datetime.now(UTC), self._context, self._stack, about, reason, summary, details)
        for webhook in self._webhooks:
            webhook.send(alert)


class _Address:
    """Reads an address whenever it is needed, since Kubernetes renews the file when its Secret changes."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> str:
        return self._file.read_text(encoding="utf-8").strip()
