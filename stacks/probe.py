"""The kubelet's probes of a container (seed, section 3)."""

from typing import Annotated

from pydantic import model_validator

from stacks.base import Count, Model, Seconds, matching

HttpPath = Annotated[str, matching(r"/\S*", "HTTP path: begin it with '/' and use no spaces")]
"""The path of a URL."""


class Probe(Model):
    """An HTTP probe of the kubelet; times in seconds."""

    path: HttpPath
    initial_delay_seconds: Seconds
    period_seconds: Count
    timeout_seconds: Count
    failure_threshold: Count
    success_threshold: Count = 1


class LivenessProbe(Probe):
    """Is the process healthy? Defaults: seed, section 3.2."""

    path: HttpPath = "/health"
    initial_delay_seconds: Seconds = 30
    period_seconds: Count = 10
    timeout_seconds: Count = 5
    failure_threshold: Count = 3


class ReadinessProbe(Probe):
    """Can it accept traffic? Defaults: seed, section 3.2."""

    path: HttpPath = "/ready"
    initial_delay_seconds: Seconds = 10
    period_seconds: Count = 5
    timeout_seconds: Count = 3
    failure_threshold: Count = 3


class StartupProbe(Probe):
    """Has it started? Until then the other probes wait. Defaults: seed, section 3.2 (150 seconds in all)."""

    path: HttpPath = "/startup"
    initial_delay_seconds: Seconds = 0
    period_seconds: Count = 5
    timeout_seconds: Count = 3
    failure_threshold: Count = 30


class Probes(Model):
    """The three probes of an MCP server's container."""

    liveness: LivenessProbe = LivenessProbe()
    readiness: ReadinessProbe = ReadinessProbe()
    startup: StartupProbe = StartupProbe()

    @model_validator(mode="after")
    def _one_success(self) -> "Probes":
        for name, probe in (("liveness", self.liveness), ("startup", self.startup)):
            if probe.success_threshold != 1:
                raise ValueError(f"{name}.successThreshold must be 1: Kubernetes allows more for readiness only")
        return self
