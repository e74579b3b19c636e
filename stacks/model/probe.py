"""The kubelet's probes of a container."""

from typing import Annotated

from pydantic import Field, model_validator

from stacks.model.types import Count, Model, Seconds, matching

HttpPath = Annotated[str, matching(r"/\S*", "an HTTP path: begin it with '/' and use no spaces")]
"""The path of a URL."""


# As descriptions, because a docstring under a field is lost where a subclass sets another default.
ProbedPath = Annotated[HttpPath, Field(description="Path of the HTTP request.")]
Delay = Annotated[Seconds, Field(description="Seconds from the container's start to the first probe.")]
Period = Annotated[Count, Field(description="Seconds from one probe to the next.")]
Timeout = Annotated[Count, Field(description="Seconds within which the container must answer.")]
Failures = Annotated[Count, Field(description="Consecutive failures after which the probe has failed.")]


class Probe(Model):
    """An HTTP probe of the kubelet; times in seconds."""

    path: ProbedPath
    initial_delay_seconds: Delay
    period_seconds: Period
    timeout_seconds: Timeout
    failure_threshold: Failures
    success_threshold: Count = 1
    """Consecutive successes after which the probe has succeeded."""


class LivenessProbe(Probe):
    """Checks that the process is healthy."""

    path: ProbedPath = "/health"
    initial_delay_seconds: Delay = 30
    period_seconds: Period = 10
    timeout_seconds: Timeout = 5
    failure_threshold: Failures = 3


class ReadinessProbe(Probe):
    """Checks that the server can accept traffic."""

    path: ProbedPath = "/ready"
    initial_delay_seconds: Delay = 10
    period_seconds: Period = 5
    timeout_seconds: Timeout = 3
    failure_threshold: Failures = 3


class StartupProbe(Probe):
    """Checks that the server has started; until then the other probes wait. By default 150 seconds in all."""

    path: ProbedPath = "/startup"
    initial_delay_seconds: Delay = 0
    period_seconds: Period = 5
    timeout_seconds: Timeout = 3
    failure_threshold: Failures = 30


class Probes(Model):
    """The three probes of an MCP server's container."""

    liveness: LivenessProbe = LivenessProbe()
    """Its failure restarts the container."""
    readiness: ReadinessProbe = ReadinessProbe()
    """Its failure removes the pod from the Service."""
    startup: StartupProbe = StartupProbe()
    """Its failure restarts the container; until it succeeds, the others wait."""

    @model_validator(mode="after")
    def _one_success(self) -> "Probes":
        for name, probe in (("liveness", self.liveness), ("startup", self.startup)):
            if probe.success_threshold != 1:
                raise ValueError(f"{name}.successThreshold must be 1: Kubernetes allows more for readiness only")
        return self
