# ruff: noqa: N802 (the protocol names its methods)
"""The gRPC server: decodes the engine's requests, calls `lifecycle`, and encodes answers and failures."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from select import select
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2, struct_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from provider import lifecycle, settings
from provider.apply import Operation, Writer
from provider.diff import Change, changes, render
from provider.engine_log import EngineLog
from provider.errors import ProviderError, UnsupportedError
from provider.inputs import Naming
from provider.install import plugin_version
from provider.kinds import parse_token
from provider.properties import Object, decode, encode, has_unknown, redact, reveal
from provider.update_plan import UpdatePlan, plan_update

if TYPE_CHECKING:
    from provider.cluster import Cluster
    from provider.lifecycle import State

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PARENT_CHECK = 5.0
"""Seconds between checks whether the engine process still exists."""

_Request = TypeVar("_Request", bound=Message)
_Answer = TypeVar("_Answer")
_OnResource = (
    provider_pb2.CheckRequest
    | provider_pb2.CreateRequest
    | provider_pb2.DeleteRequest
    | provider_pb2.DiffRequest
    | provider_pb2.ReadRequest
    | provider_pb2.UpdateRequest
)
_Method = Callable[["KubernetesProvider", _Request, grpc.ServicerContext], _Answer]

_WITH_SECRETS = ("news", "olds", "old_inputs", "properties", "inputs", "args")


def _reports_errors(method: _Method[_Request, _Answer]) -> _Method[_Request, _Answer]:
    """Turn a ProviderError into the failure of the call, without the secret values of the request."""

    @wraps(method)
    def told(self: KubernetesProvider, request: _Request, context: grpc.ServicerContext) -> _Answer:
        try:
            return method(self, request, context)
        except ProviderError as error:
            code = grpc.StatusCode.UNIMPLEMENTED if isinstance(error, UnsupportedError) else grpc.StatusCode.UNKNOWN
            context.abort(code, _redacted(str(error), request))

    return told


def _redacted(message: str, request: Message) -> str:
    for field in _WITH_SECRETS:
        if field in request.DESCRIPTOR.fields_by_name:
            message = redact(message, decode(getattr(request, field)))
    return message


class KubernetesProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The service of one provider resource."""

    def __init__(self, engine: engine_pb2_grpc.EngineStub | None = None) -> None:
        self._engine = engine
        self._cancelled = threading.Event()
        self._writer = Writer(settings.Settings(), None, self._cancelled)

    def _operation(
        self,
        request: _OnResource,
        inputs: struct_pb2.Struct,
        old: struct_pb2.Struct | None = None,
        state: struct_pb2.Struct | None = None,
        **more: Any,  # noqa: ANN401 (the other fields of Operation)
    ) -> Operation:
        declared, before, last = (decode(given) if given else {} for given in (inputs, old, state))
        kind, log = parse_token(request.type, declared or last), EngineLog(self._engine, request.urn, declared or last)
        return Operation(kind, inputs=declared, old=before, state=last, log=log, **more)

    def Handshake(
        self, _request: provider_pb2.ProviderHandshakeRequest, _context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Announce support for secrets, and for neither resource references nor output values."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def GetPluginInfo(self, _request: empty_pb2.Empty, _context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Return the plugin version that the SDK asks for."""
        return plugin_pb2.PluginInfo(version=plugin_version())

    def GetSchema(
        self, _request: provider_pb2.GetSchemaRequest, _context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Return name and version only: the SDK needs no schema."""
        schema = {"name": "kubernetes", "version": plugin_version()}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, _context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Check that all settings are supported or can be ignored without effect."""
        failures = [
            provider_pb2.CheckFailure(property=key, reason=reason)
            for key, reason in settings.problems(decode(request.news)).items()
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(
        self, request: provider_pb2.DiffRequest, _context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Return which settings changed; a change to another cluster replaces the provider and its resources."""
        old, new = reveal(decode(request.old_inputs)), reveal(decode(request.news))
        found = tuple(changes(old, new))
        return _diff_response(UpdatePlan(found, tuple(c for c in found if c.path[0] in _identifying(old, new))))

    def Configure(
        self, request: provider_pb2.ConfigureRequest, _context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Store the settings; the kubeconfig is read, and the cluster contacted, only when a resource needs it."""
        parsed = settings.parse(decode(request.args))
        if parsed is not None:
            self._writer = Writer(parsed, lambda: _connect(parsed, self._cancelled), self._cancelled)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @_reports_errors
    def Check(self, request: provider_pb2.CheckRequest, _context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Complete the inputs."""
        naming = Naming(
            request.name,
            request.randomSeed,
            request.autonaming.proposed_name,
            request.autonaming.mode == provider_pb2.CheckRequest.AutonamingOptions.DISABLE,
        )
        try:
            operation = self._operation(request, request.news, request.olds)
            return provider_pb2.CheckResponse(inputs=encode(lifecycle.check(self._writer, operation, naming)))
        except UnsupportedError as error:
            return provider_pb2.CheckResponse(failures=[provider_pb2.CheckFailure(reason=str(error))])

    @_reports_errors
    def Diff(self, request: provider_pb2.DiffRequest, _context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Compare the inputs; if they differ, a dry run confirms the changes."""
        # Equal inputs need no decoding, except for a Job, which can ask to be replaced if it did not complete.
        if request.old_inputs == request.news and not request.type.endswith(":Job"):
            return _diff_response(UpdatePlan())
        known, ignored = (request.old_inputs, request.olds), tuple(request.ignoreChanges)
        operation = self._operation(request, request.news, *known, id=request.id, ignored=ignored)
        return _diff_response(plan_update(self._writer, operation))

    @_reports_errors
    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Create the object and wait until it is ready."""
        operation = self._operation(request, request.properties, timeout=request.timeout)
        if request.preview:
            expected = lifecycle.preview_create(self._writer, operation)
            return provider_pb2.CreateResponse(properties=encode(expected))
        state = lifecycle.create(self._writer, operation)
        _report_unready(state, request, context)
        return provider_pb2.CreateResponse(id=state.id, properties=encode(state.outputs))

    @_reports_errors
    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Refresh or import the object; an empty answer means that it does not exist."""
        operation = self._operation(request, request.inputs, state=request.properties, id=request.id)
        found = lifecycle.read(self._writer, operation)
        if found is None:
            return provider_pb2.ReadResponse()
        _report_unready(found, request, context)
        return provider_pb2.ReadResponse(id=found.id, properties=encode(found.outputs), inputs=encode(found.inputs))

    @_reports_errors
    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Update the object and wait until it is ready."""
        known, ignored = (request.old_inputs, request.olds), tuple(request.ignoreChanges)
        operation = self._operation(
            request, request.news, *known, id=request.id, ignored=ignored, timeout=request.timeout
        )
        if request.preview:
            expected = lifecycle.preview_update(self._writer, operation)
            return provider_pb2.UpdateResponse(properties=encode(expected))
        written = lifecycle.update(self._writer, operation)
        _report_unready(written, request, context)
        return provider_pb2.UpdateResponse(properties=encode(written.outputs))

    @_reports_errors
    def Delete(self, request: provider_pb2.DeleteRequest, _context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Delete the object and wait until it is gone."""
        inputs = request.old_inputs if request.old_inputs.fields else request.properties
        operation = self._operation(request, inputs, state=request.properties, id=request.id, timeout=request.timeout)
        lifecycle.delete(self._writer, operation)
        return empty_pb2.Empty()

    @_reports_errors
    def List(
        self, request: provider_pb2.ListRequest, _context: grpc.ServicerContext
    ) -> Iterator[provider_pb2.ListResponse]:
        """Return one page of the ids of a kind's objects; the next page's token includes what is left of the limit."""
        left, token = _continued(request)
        limits = [limit for limit in (left, request.page_size) if limit > 0]
        query = decode(request.query)
        operation = Operation(parse_token(request.token, query), inputs=query)
        found, token = lifecycle.list_page(self._writer, operation, min(limits, default=0), token)
        answers = [
            provider_pb2.ListResponse(result=provider_pb2.ListResponse.Result(id=ref.id, name=ref.name))
            for ref in found
        ]
        if token and not 0 < left <= len(found):
            following = provider_pb2.ListResponse.Continuation(
                continuation_token=f"{max(left - len(found), 0)}:{token}"
            )
            answers.append(provider_pb2.ListResponse(continuation=following))
        return iter(answers)

    def Cancel(self, _request: empty_pb2.Empty, _context: grpc.ServicerContext) -> empty_pb2.Empty:
        """End all waits; requests in progress are completed."""
        self.cancel()
        return empty_pb2.Empty()

    def cancel(self) -> None:
        """End all waits."""
        self._cancelled.set()

    @_reports_errors
    def Invoke(
        self,
        request: provider_pb2.InvokeRequest | provider_pb2.CallRequest | provider_pb2.ConstructRequest,
        _context: grpc.ServicerContext,
    ) -> NoReturn:
        """Refuse functions and remote components, which render YAML and charts on the client."""
        token = request.type if isinstance(request, provider_pb2.ConstructRequest) else request.tok
        raise UnsupportedError(
            f"{token} is not supported by the air-gapped kubernetes plugin: declare its objects as typed resources,"
            " or install the official plugin"
        )

    Call = Construct = Invoke  # type: ignore[assignment] # (of just these requests)


def _continued(request: provider_pb2.ListRequest) -> tuple[int, str]:
    """Return how many objects may still be listed (0 means all), and the API server's own token."""
    if not request.continuation_token:
        return request.limit, ""
    left, _, token = request.continuation_token.partition(":")
    if not left.isdecimal():
        raise ProviderError("the continuation token was not issued by this plugin")
    return int(left), token


def _connect(parsed: settings.Settings, cancelled: threading.Event) -> Cluster:
    # These imports double the start time of the plugin, and an update without changes does not need them.
    from provider.cluster import Cluster
    from provider.kubeconfig import connect

    return Cluster(*connect(parsed, cancelled))


def _identifying(old: Object, new: Object) -> tuple[str, ...]:
    """Return the settings whose change means another cluster."""
    if new.get("clusterIdentifier") and old.get("clusterIdentifier"):
        return ("clusterIdentifier",)
    from provider.kubeconfig import active_cluster

    before, after = active_cluster(old), active_cluster(new)
    is_other = before is not None and after is not None and before != after
    return ("kubeconfig", "context") if is_other or has_unknown([new.get("kubeconfig"), new.get("context")]) else ()


def _diff_response(found: UpdatePlan) -> provider_pb2.DiffResponse:
    replaced = set(found.replaces)
    some = provider_pb2.DiffResponse.DIFF_SOME if found.changes else provider_pb2.DiffResponse.DIFF_NONE

    def described(change: Change) -> provider_pb2.PropertyDiff:
        name = change.edit.name + ("_REPLACE" if change in replaced else "")
        return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(name), inputDiff=True)

    return provider_pb2.DiffResponse(
        changes=some,
        diffs=sorted({str(change.path[0]) for change in found.changes}),
        replaces=[render(change.path) for change in found.replaces],
        deleteBeforeReplace=found.delete_first,
        hasDetailedDiff=True,
        detailedDiff={render(change.path): described(change) for change in found.changes},
    )


def _report_unready(
    state: State,
    request: provider_pb2.CreateRequest | provider_pb2.ReadRequest | provider_pb2.UpdateRequest,
    context: grpc.ServicerContext,
) -> None:
    """Fail the call in the form that makes the engine keep the object in the state, marked as not ready."""
    if not state.unready:
        return
    message = _redacted(state.unready, request)
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=state.id, properties=encode(state.outputs), inputs=encode(state.inputs), reasons=[message]
        )
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, message)


def _stop_pipe() -> int:
    """Return a file descriptor that becomes readable when the engine asks the plugin to stop.

    The engine starts the plugin in its own process group, so it gets no Ctrl-C of the user: SIGINT comes from the
    engine. A Python signal handler could miss a wait that is about to begin, and must not take locks.
    """
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    for number in _STOP_SIGNALS:
        signal.signal(number, lambda *_: None)
    return told


def serve() -> None:
    """Serve on a free loopback port, printed for the engine, until the engine asks to stop or has ended."""
    logging.getLogger().addHandler(logging.NullHandler())  # packages would also log what we report as an error
    told_to_stop = _stop_pipe()
    # Large CRDs exceed the default message size of 4 MiB.
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(settings.MAX_CALLS), options=unlimited)
    engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(sys.argv[1])) if len(sys.argv) > 1 else None
    provider = KubernetesProvider(engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    parent = os.getppid()
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not select([told_to_stop], [], [], _PARENT_CHECK)[0] and os.getppid() == parent:
        pass
    for number in _STOP_SIGNALS:
        # Python drops its handlers at exit, and a second signal would then kill the process.
        signal.signal(number, signal.SIG_IGN)
    provider.cancel()  # a wait in progress would keep the process alive
    server.stop(None)
