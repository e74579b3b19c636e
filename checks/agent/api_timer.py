"""Time a small request to the API server now and then, for the metrics."""

import anyio
from prometheus_client import CollectorRegistry, Histogram

from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure
from checks.kube.watch.connector import Connector

EVERY_SECONDS = 30.0


class ApiTimer:
    """Times `GET /version`, which costs the API server nothing; `failures` counts those without an answer."""

    def __init__(self, connector: Connector) -> None:
        self.failures = 0
        self.histogram = Histogram(
            "cortex_agent_api_request_seconds",
            "How long the API server took to answer a small request.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            registry=CollectorRegistry(),
        )
        self._connector = connector

    async def run(self) -> None:
        """Time a request every 30 seconds, for ever."""
        while True:
            async with self._connector.client() as client:
                timed = await ApiClient(client).timed()
            if isinstance(timed, ReadFailure):
                self.failures += 1
            else:
                self.histogram.observe(timed.value.seconds)
            await anyio.sleep(EVERY_SECONDS)
