# ruff: noqa: N802 (the protocol names its methods)
"""The gRPC service: decodes the engine's requests, calls `lifecycle`, and answers."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, NoReturn

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc

from provider import lifecycle, settings
from provider.answers import diff_response, report_unready, reports_errors
from provider.apply import Writer
from provider.diff import changes
from provider.engine_log import EngineLog
from provider.errors import ProviderError, UnsupportedError
from provider.inputs import Naming
from provider.install import plugin_version
from provider.kinds import parse_token
from provider.operation import Operation
from provider.properties import Object, decode, encode, has_unknown, reveal
from provider.update_plan import UpdatePlan, plan_update

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

    from provider.cluster import Cluster

_OnResource = (
    provider_pb2.CheckRequest
    | provider_pb2.CreateRequest
    | provider_pb2.DeleteRequest
    | provider_pb2.DiffRequest
    | provider_pb2.ReadRequest
    | provider_pb2.UpdateRequest
)


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
        return diff_response(UpdatePlan(found, tuple(c for c in found if c.path[0] in _identifying(old, new))))

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

    @reports_errors
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

    @reports_errors
    def Diff(self, request: provider_pb2.DiffRequest, _context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Compare the inputs; if they differ, a dry run confirms the changes."""
        # Equal inputs need no decoding, except for a Job, which can ask to be replaced if it did not complete.
        if request.old_inputs == request.news and not request.type.endswith(":Job"):
            return diff_response(UpdatePlan())
        known, ignored = (request.old_inputs, request.olds), tuple(request.ignoreChanges)
        operation = self._operation(request, request.news, *known, id=request.id, ignored=ignored)
        return diff_response(plan_update(self._writer, operation))

    @reports_errors
    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Create the object and wait until it is ready."""
        operation = self._operation(request, request.properties, timeout=request.timeout)
        if request.preview:
            expected = lifecycle.preview_create(self._writer, operation)
            return provider_pb2.CreateResponse(properties=encode(expected))
        state = lifecycle.create(self._writer, operation)
        report_unready(state, request, context)
        return provider_pb2.CreateResponse(id=state.id, properties=encode(state.outputs))

    @reports_errors
    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Refresh or import the object; an empty answer means that it does not exist."""
        operation = self._operation(request, request.inputs, state=request.properties, id=request.id)
        found = lifecycle.read(self._writer, operation)
        if found is None:
            return provider_pb2.ReadResponse()
        report_unready(found, request, context)
        return provider_pb2.ReadResponse(id=found.id, properties=encode(found.outputs), inputs=encode(found.inputs))

    @reports_errors
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
        report_unready(written, request, context)
        return provider_pb2.UpdateResponse(properties=encode(written.outputs))

    @reports_errors
    def Delete(self, request: provider_pb2.DeleteRequest, _context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Delete the object and wait until it is gone."""
        inputs = request.old_inputs if request.old_inputs.fields else request.properties
        operation = self._operation(request, inputs, state=request.properties, id=request.id, timeout=request.timeout)
        lifecycle.delete(self._writer, operation)
        return empty_pb2.Empty()

    @reports_errors
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

    @reports_errors
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
