"""Runs a Pulumi program without an engine, and records what it would have registered."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, TypeVar, TypeVarTuple, Unpack, cast
from unittest.mock import patch

import pulumi
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import configure, mocks, resource, run_in_stack, set_all_config, settings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.proto.resource_pb2 import RegisterResourceOutputsRequest, RegisterResourceRequest
from pulumi.runtime.proto.source_pb2 import StackTrace

from stacks.model.declaration import Declaration

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@dataclass(frozen=True)
class Registration:
    """One resource as the engine would have got it; secrets are unwrapped in `inputs`, their paths kept."""

    type: str
    name: str
    parent: str
    provider: str
    depends_on: frozenset[str]
    inputs: Mapping[str, object]
    secret_paths: frozenset[str]
    deleted_before_replaced: bool
    ignored: tuple[str, ...]
    """Paths of which the engine leaves changes alone."""
    protected: bool
    """Whether the engine refuses to delete it."""
    secret_outputs: frozenset[str]
    """What the engine keeps secret of the provider's answers."""
    retained: bool
    """Whether its object stays in the cluster when it leaves the state."""
    before_update: tuple[str, ...]
    """The hooks that run before it is updated."""

    def at(self, path: str) -> object:
        """Give the input at a dotted path; numbers index lists, `~` stands for a dot inside a key."""
        value: object = self.inputs
        for part in path.split("."):
            key = part.replace("~", ".")
            value = value[int(key)] if isinstance(value, list) else cast("Mapping[str, object]", value)[key]
        return value


@dataclass
class Recording:
    """Everything that a program registered, in order, and its stack's outputs."""

    resources: list[Registration] = field(default_factory=list)
    outputs: dict[str, object] = field(default_factory=dict)
    secret_outputs: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    hooks: dict[str, pulumi.ResourceHook] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, Registration]:
        """Give the resources of a Kubernetes kind by `namespace/name` (or the name alone)."""
        found = {}
        for one in self.resources:
            if one.type.startswith("kubernetes:") and one.type.rpartition(":")[2] == kind:
                metadata = cast("Mapping[str, str]", one.inputs["metadata"])
                found["/".join(filter(None, [metadata.get("namespace"), metadata["name"]]))] = one
        return found

    def one(self, kind: str) -> Registration:
        """Give the only resource of a kind."""
        (only,) = self.of(kind).values()
        return only


def record(
    program: Callable[[], object],
    config: Mapping[str, str] | None = None,
    into: Recording | None = None,
    *,
    preview: bool = False,
    state: Mapping[str, object] | None = None,
) -> Recording:
    """Run a program; `config` are its secret settings by full key; `into` outlives a program that fails.

    `state` has the resources of the stack before it, by URN.
    """
    recording = into or Recording()
    set_all_config(dict(config or {}), list(config or {}))
    loop = _Loop()
    asyncio.set_event_loop(loop)
    try:
        monitor = _Monitor(recording, state or {})
        features = monitor.GetDeploymentInfo(Empty())  # type: ignore[no-untyped-call]
        # Not `set_mocks`: it makes a stack that is finished before the program can export anything.
        configure(
            mocks.MockSettings(  # type: ignore[no-untyped-call]
                monitor=monitor,
                monitor_features={*features.supportedFeatures, resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS},
                engine=mocks.MockEngine(_Logger(recording)),
                project="cortex",
                stack="local",
                dry_run=preview,
                organization=None,
            )
        )
        settings.SETTINGS.callbacks = cast("Any", _Callbacks(recording))
        # The SDK reads the call stack for each resource, which takes time, and a recording does not have it.
        with patch.object(resource, "_get_stack_trace", StackTrace):
            loop.run_until_complete(run_in_stack(lambda: cast("None", program())))
    finally:
        loop.close()
        asyncio.set_event_loop(None)
    return recording


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that calls the monitor itself, and not in other threads: it answers at once."""

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 (it is raised where the future is awaited)
            future.set_exception(error)
        return future


class _Callbacks:
    """What the SDK keeps hooks in, for an engine to call."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        self._recording.hooks[hook.name] = hook


class _Logger(logging.Logger):
    def __init__(self, recording: Recording) -> None:
        super().__init__("recording", logging.WARNING)  # the SDK writes several debug messages a resource
        self.addHandler(_Handler(recording))


class _Handler(logging.Handler):
    def __init__(self, recording: Recording) -> None:
        super().__init__(logging.WARNING)
        self._recording = recording

    def emit(self, entry: logging.LogRecord) -> None:
        self._recording.warnings.append(entry.getMessage())


class _Echo(mocks.Mocks):
    def __init__(self, state: Mapping[str, object]) -> None:
        self._state = dict(state)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, object]]:
        raise AssertionError(f"the program reads {args.name}, which it does not manage")

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, object], list[tuple[str, str]] | None]:
        if args.token == "pulumi:pulumi:readStackResourceOutputs":
            return {"outputs": self._state}, []
        raise AssertionError(f"the program calls {args.token}, but it needs no function of a provider")


class _Monitor(mocks.MockMonitor):
    def __init__(self, recording: Recording, state: Mapping[str, object]) -> None:
        super().__init__(_Echo(state))
        self._recording = recording

    def RegisterResource(  # noqa: N802
        self, request: RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        if request.type != "pulumi:pulumi:Stack":
            secret_paths: set[str] = set()
            inputs = _plain(MessageToDict(request.object), "", secret_paths)
            self._recording.resources.append(
                Registration(
                    request.type,
                    request.name,
                    request.parent,
                    request.provider,
                    frozenset(request.dependencies),
                    cast("Mapping[str, object]", inputs),
                    frozenset(secret_paths),
                    request.deleteBeforeReplace,
                    tuple(request.ignoreChanges),
                    request.protect,
                    frozenset(request.additionalSecretOutputs),
                    request.retainOnDelete,
                    tuple(request.hooks.before_update),
                )
            )
        urn = self.make_urn(request.parent, request.type, request.name)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"{request.name}-id", object=request.object)

    def RegisterResourceOutputs(self, request: RegisterResourceOutputsRequest) -> Empty:  # noqa: N802
        if "::pulumi:pulumi:Stack::" in request.urn:
            outputs = _plain(MessageToDict(request.outputs), "", self._recording.secret_outputs)
            self._recording.outputs.update(cast("dict[str, object]", outputs))
        return Empty()


def _plain(value: object, path: str, secret_paths: set[str]) -> object:
    match value:
        case {"4dabf18193072939515e22adb298388d": _, "value": inner}:
            secret_paths.add(path)
            return _plain(inner, path, secret_paths)
        case dict():
            return {k: _plain(v, f"{path}.{k}".lstrip("."), secret_paths) for k, v in value.items()}
        case list():
            return [_plain(v, f"{path}.{i}", secret_paths) for i, v in enumerate(value)]
        case float() if value.is_integer():
            return int(value)
    return value


MINIMAL = {
    "image": "registry.test/server:1",
    "version": "1.0.0",
    "transport": "http",
    "capabilities": {"demo": ["tool"]},
}
"""The least that an MCP server must say."""


def declared(parts: Mapping[str, object] | None = None, **servers: Mapping[str, object]) -> Declaration:
    """Give a declaration with the namespaces cortex-system and cortex-mcp, these servers and other `parts`."""
    return Declaration.model_validate(
        {
            "cluster": {"context": "test", "environment": "testing"},
            "namespaces": {
                "cortex-system": {"component": "system", "description": "Core"},
                "cortex-mcp": {"component": "mcp-servers", "description": "MCP server deployments"},
            },
            "servers": {kind: {**MINIMAL, **settings} for kind, settings in servers.items()},
            **(parts or {}),
        }
    )
