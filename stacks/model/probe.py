"""The kubelet's probes of a container (seed, section 3)."""

from typing import Annotated

from pydantic import Field, model_validator

from stacks.model.types import Count, Model, Seconds, matching

HttpPath = Annotated[str, matching(r"/\S*", "HTTP path: begin it with '/' and use no spaces")]
"""The path of a URL."""


# Descriptions here: docstrings under fields are lost where a subclass gives another default.
ProbedPath = Annotated[HttpPath, Field(description="Path that it asks for by HTTP.")]
Delay = Annotated[Seconds, Field(description="Seconds from the container's start to the first probe.")]
Period = Annotated[Count, Field(description="Seconds from one probe to the next.")]
Timeout = Annotated[Count, Field(description="Seconds that an answer may take.")]
Failures = Annotated[Count, Field(description="Failures in a row that count.")]


class Probe(Model):
    """An HTTP probe of the kubelet; times in seconds."""

    path: ProbedPath
    initial_delay_seconds: Delay
    period_seconds: Period
    timeout_seconds: Timeout
    failure_threshold: Failures
    success_threshold: Count = 1
    """Successes in a row that count."""


class LivenessProbe(Probe):
    """Is the process healthy? Defaults: seed, section 3.2."""

    path: ProbedPath = "/health"
    initial_delay_seconds: Delay = 30
    period_seconds: Period = 10
    timeout_seconds: Timeout = 5
    failure_threshold: Failures = 3


class ReadinessProbe(Probe):
    """Can it accept traffic? Defaults: seed, section 3.2."""

    path: ProbedPath = "/ready"
    initial_delay_seconds: Delay = 10
    period_seconds: Period = 5
    timeout_seconds: Timeout = 3
    failure_threshold: Failures = 3


class StartupProbe(Probe):
    """Has it started? Until then the other probes wait. Defaults: seed, section 3.2 (150 seconds in all)."""

    path: ProbedPath = "/startup"
    initial_delay_seconds: Delay = 0
    period_seconds: Period = 5
    timeout_seconds: Timeout = 3
    failure_threshold: Failures = 30


class Probes(Model):
    """The three probes of an MCP server's container."""

    liveness: LivenessProbe = LivenessProbe()
    """Failing, it restarts the container."""
    readiness: ReadinessProbe = ReadinessProbe()
    """Failing, it takes the pod out of the Service."""
    startup: StartupProbe = StartupProbe()
    """Failing for good, it restarts the container; until it succeeds the others wait."""

    @model_validator(mode="after")
    def _one_success(self) -> "Probes":
        for name, probe in (("liveness", self.liveness), ("startup", self.startup)):
            if probe.success_threshold != 1:
                raise ValueError(f"{name}.successThreshold must be 1: Kubernetes allows more for readiness only")
        return self
