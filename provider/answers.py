"""Encoding of answers to the engine: differences, and failures without secret values."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import provider_pb2, status_pb2

from provider.diff import Change, render
from provider.errors import ProviderError, UnsupportedError
from provider.properties import decode, encode, redact

if TYPE_CHECKING:
    from provider.lifecycle import State
    from provider.update_plan import UpdatePlan

_Request = TypeVar("_Request", bound=Message)
_Answer = TypeVar("_Answer")
_Method = Callable[[Any, _Request, grpc.ServicerContext], _Answer]

_WITH_SECRETS = ("news", "olds", "old_inputs", "properties", "inputs", "args")
"""The fields of requests that may contain secret values."""


def reports_errors(method: _Method[_Request, _Answer]) -> _Method[_Request, _Answer]:
    """Turn a ProviderError into the failure of the call, without the secret values of the request."""

    @wraps(method)
    def reporting(self: object, request: _Request, context: grpc.ServicerContext) -> _Answer:
        try:
            return method(self, request, context)
        except ProviderError as error:
            code = grpc.StatusCode.UNIMPLEMENTED if isinstance(error, UnsupportedError) else grpc.StatusCode.UNKNOWN
            context.abort(code, _redacted(str(error), request))

    return reporting


def _redacted(message: str, request: Message) -> str:
    for field in _WITH_SECRETS:
        if field in request.DESCRIPTOR.fields_by_name:
            message = redact(message, decode(getattr(request, field)))
    return message


def diff_response(found: UpdatePlan) -> provider_pb2.DiffResponse:
    """Return the changes of an update in the form of the protocol."""
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


def report_unready(
    state: State,
    request: provider_pb2.CreateRequest | provider_pb2.ReadRequest | provider_pb2.UpdateRequest,
    context: grpc.ServicerContext,
) -> None:
    """Fail the call if the object is not ready, so that the engine keeps it in the state and marks it."""
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
