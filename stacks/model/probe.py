"""The kubelet's probes of a container."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from stacks.model.image import Image
from stacks.model.types import LEFT_OUT, Count, Model, Port, Seconds, matching

HttpPath = Annotated[str, matching(r"/\S*", "an HTTP path: begin it with '/' and use no spaces")]
"""The path of a URL."""


# As descriptions, because a docstring under a field is lost where a subclass sets another default.
ProbedPath = Annotated[HttpPath, Field(description="Path of the HTTP request.")]
Delay = Annotated[Seconds, Field(description="Seconds from the container's start to the first probe.")]
Period = Annotated[Count, Field(description="Seconds from one probe to the next.")]
Timeout = Annotated[Count, Field(description="Seconds within which the container must answer.")]
Failures = Annotated[Count, Field(description="Consecutive failures after which the probe has failed.")]


class HttpGet(Model):
    """A GET request; an answer from 200 to 399 is a success."""

    path: HttpPath
    """Path of the request."""
    port: Annotated[Port | None, LEFT_OUT] = None
    """Port of the container: `port` unless given."""
    scheme: Annotated[Literal["HTTP", "HTTPS"] | None, LEFT_OUT] = None
    """`HTTPS` does not check the certificate. HTTP unless given or a server has `tls`."""
    headers: Annotated[dict[str, str], LEFT_OUT] = {}
    """Headers of the request."""


class TcpSocket(Model):
    """A connection; if it is accepted, that is a success."""

    port: Annotated[Port | None, LEFT_OUT] = None
    """Port of the container: `port` unless given."""


class Exec(Model):
    """A command in the container; the exit code 0 is a success."""

    command: tuple[str, ...] = Field(min_length=1)
    """The program and its arguments; without a shell."""


class Grpc(Model):
    """The gRPC health checking protocol."""

    port: Annotated[Port | None, LEFT_OUT] = None
    """Port of the container: `port` unless given."""
    service: Annotated[str, LEFT_OUT] = ""
    """The service to ask about; empty for the server as a whole."""


class Exchange(Model):
    """One exchange over MCP on the server's own port and path, for an image without a health route.

    A command in the container initialises a session and ends it. An answer of MCP, also HTTP 401 or 403, is a success.
    """

    image: Image
    """The cortex image, from which an init container copies the command; looked up in the image lock without tag and
    digest."""


Action: TypeAlias = HttpGet | TcpSocket | Exec | Grpc | Exchange


class Probe(Model):
    """A probe of the kubelet: a GET request to `path` unless another action is given. Times are in seconds."""

    path: ProbedPath
    http_get: Annotated[HttpGet | None, LEFT_OUT] = None
    """A GET request to another port, with headers, or over HTTPS."""
    tcp_socket: Annotated[TcpSocket | None, LEFT_OUT] = None
    """A connection to a port, for a server without a health route."""
    exec: Annotated[Exec | None, LEFT_OUT] = None
    """A command in the container."""
    grpc: Annotated[Grpc | None, LEFT_OUT] = None
    """The gRPC health checking protocol."""
    mcp: Annotated[Exchange | None, LEFT_OUT] = None
    """One exchange over MCP, of a server only; for readiness and liveness, `periodSeconds` is then 15 unless given."""
    none: Annotated[str | None, Field(min_length=1), LEFT_OUT] = None
    """Why the container has no such probe. A preview shows the reason."""
    initial_delay_seconds: Delay
    period_seconds: Period
    timeout_seconds: Timeout
    failure_threshold: Failures
    success_threshold: Count = 1
    """Consecutive successes after which the probe has succeeded."""

    _period_by_mcp: ClassVar[int | None] = 15
    """Each exchange starts a process in the container, and a session of the server, for as long as the pod runs."""

    @model_validator(mode="before")
    @classmethod
    def _less_often(cls, given: object) -> object:
        timed = {"periodSeconds", "period_seconds"}
        if isinstance(given, Mapping) and given.get("mcp") and cls._period_by_mcp and not timed & given.keys():
            return {**given, "periodSeconds": cls._period_by_mcp}
        return given

    @model_validator(mode="after")
    def _one_action(self) -> "Probe":
        given = [name for name in _ACTIONS if getattr(self, _FIELDS[name]) is not None]
        if len(given) > 1:
            raise ValueError(f"has {' and '.join(given)}: keep one of them")
        return self

    def action(self) -> Action | None:
        """Return what the kubelet does; None if there is no such probe."""
        if self.none is not None:
            return None
        return self.http_get or self.tcp_socket or self.exec or self.grpc or self.mcp or HttpGet(path=self.path)

    def timing(self) -> dict[str, int]:
        """Return its times and thresholds under their names in Kubernetes."""
        return self.model_dump(by_alias=True, exclude={"path", *_FIELDS.values()})


_FIELDS = {
    "httpGet": "http_get",
    "tcpSocket": "tcp_socket",
    "exec": "exec",
    "grpc": "grpc",
    "mcp": "mcp",
    "none": "none",
}
_ACTIONS = tuple(_FIELDS)
_NAMES = ("liveness", "readiness", "startup")
_SHARED = frozenset({"path", *_FIELDS})


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

    _period_by_mcp: ClassVar[int | None] = None

    path: ProbedPath = "/startup"
    initial_delay_seconds: Delay = 0
    period_seconds: Period = 5
    timeout_seconds: Timeout = 3
    failure_threshold: Failures = 30


class Probes(Model):
    """The three probes of a container.

    An action beside them, such as `path: /healthz` or `tcpSocket: {}`, is that of each probe without one of its own.
    """

    liveness: LivenessProbe = LivenessProbe()
    """Its failure restarts the container."""
    readiness: ReadinessProbe = ReadinessProbe()
    """Its failure removes the pod from the Service."""
    startup: StartupProbe = StartupProbe()
    """Its failure restarts the container; until it succeeds, the others wait."""

    @model_validator(mode="before")
    @classmethod
    def _shared(cls, given: object) -> object:
        nothing = [name for name in _NAMES if isinstance(given, Mapping) and name in given and given[name] is None]
        if nothing:
            raise ValueError(f"{nothing[0]} is null: write {nothing[0]}: {{none: WHY}} if there is to be no such probe")
        if not isinstance(given, Mapping) or not (shared := {key: given[key] for key in given if key in _SHARED}):
            return given
        rest = {key: value for key, value in given.items() if key not in shared}
        return rest | {name: _with(shared, rest.get(name, {})) for name in _NAMES}

    def exchanges(self) -> dict[str, Exchange]:
        """Return the probes by MCP, by the name of the probe."""
        return {name: probe.mcp for name, probe in self if probe.mcp}

    @model_validator(mode="after")
    def _one_success(self) -> "Probes":
        for name, probe in (("liveness", self.liveness), ("startup", self.startup)):
            if probe.success_threshold != 1:
                raise ValueError(f"{name}.successThreshold must be 1: Kubernetes allows more for readiness only")
        return self


def _with(shared: Mapping[str, object], probe: object) -> object:
    if not isinstance(probe, Mapping) or any(key in _SHARED for key in probe):
        return probe
    return {**probe, **shared}


def _by_connection(given: object) -> object:
    if not isinstance(given, Mapping) or any(key in _SHARED for key in given):
        return given
    return {**given, "tcpSocket": {}}


def _without_mcp(probes: Probes) -> Probes:
    if probes.exchanges():
        raise ValueError("mcp is for MCP servers, and a workload is not one: use httpGet, tcpSocket, exec or grpc")
    return probes


WorkloadProbes = Annotated[Probes, BeforeValidator(_by_connection), AfterValidator(_without_mcp)]
"""Probes that are connections to the first port, if there is one, unless another action is given; never by MCP."""

CONNECTIONS = Probes.model_validate({"tcpSocket": {}})
"""The probes of a workload that declares none."""
