"""The steps in the life of one resource: check, create, read, update, delete, on plain properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provider import await_ready
from provider.errors import ApiError, ConfigError, NoSuchKindError, ProviderError, UnreachableError, UnreadyError
from provider.inputs import Naming, annotation, completed, current, imported
from provider.kinds import Reference
from provider.managed_fields import CREATOR
from provider.properties import Object, has_unknown, manifest, outputs, reveal
from provider.readiness import FailedForGood, SoftReason
from provider.wait_for import expressions

if TYPE_CHECKING:
    from provider.apply import Writer
    from provider.kinds import Kind
    from provider.operation import Operation

_PROPAGATION = "pulumi.com/deletionPropagationPolicy"
_PROPAGATIONS = {"orphan": "Orphan", "background": "Background"}
# The kinds for which skipAwait also skips waiting for the deletion.
_DELETE_SKIPPABLE = {
    ("", "Namespace"), ("", "Pod"), ("", "ReplicationController"), ("apps", "DaemonSet"), ("apps", "Deployment"),
    ("apps", "StatefulSet"), ("batch", "Job"),
}  # fmt: skip
# Refusals of a dry run that do not make the preview wrong: 403, the user may not write; 404 and 409, the same update
# will create or replace something first. The text is that of a webhook without dry-run support.
_INCONCLUSIVE = (403, 404, 409)
_NO_DRY_RUN = "does not support dry run"


@dataclass(frozen=True)
class State:
    """What the engine keeps of a resource; `unready` says why its object is not ready, or is ''."""

    id: str
    outputs: Object
    inputs: Object
    unready: str = ""


def check(writer: Writer, operation: Operation, naming: Naming) -> Object:
    """Return the completed inputs: with kind, name and namespace, and with the contents of a Secret marked secret."""
    settings, kind, old = writer.settings, operation.kind, operation.old
    if settings.skip_update_unreachable and old and not _is_reachable(writer, kind):
        operation.log.warn("the cluster is unreachable: skipUpdateUnreachable is set, so the resource stays as it is")
        return old
    inputs = completed(kind, old, operation.inputs, naming, server_side=settings.server_side)
    metadata = inputs.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("namespace") or not writer.is_known:
        return inputs
    before = reveal(old.get("metadata", {})).get("namespace")
    if old and not before:  # the kind is cluster-scoped: no need to ask the cluster
        return inputs
    try:
        if not writer.cluster.resource(kind).namespaced:
            return inputs
        namespace = writer.cluster.namespace
    except NoSuchKindError:  # the same update may create its CRD
        return inputs
    except (ConfigError, UnreachableError):
        namespace = before
    return {**inputs, "metadata": {**metadata, "namespace": namespace}} if namespace else inputs


def _is_reachable(writer: Writer, kind: Kind) -> bool:
    try:
        writer.cluster.resource(kind)
    except (ConfigError, UnreachableError):
        return False
    except (ApiError, NoSuchKindError):
        return True
    return True


def preview_create(writer: Writer, operation: Operation) -> Object:
    """Return the outputs that a create is expected to have; raise the error that the server would answer."""
    inputs = operation.inputs
    if operation.kind.is_patch or not (writer.settings.server_side and writer.is_known) or has_unknown(inputs):
        return inputs
    expressions(inputs)
    try:
        live = writer.create(operation, CREATOR, dry_run=True)
    except (ConfigError, NoSuchKindError, UnreachableError):
        return inputs
    except ApiError as error:
        if error.status in _INCONCLUSIVE or _NO_DRY_RUN in str(error):
            return inputs
        raise
    return outputs({key: value for key, value in live.items() if key != "status"}, inputs, CREATOR)


def preview_update(writer: Writer, operation: Operation) -> Object:
    """Return the outputs that an update is expected to have; raise the error that the server would answer."""
    inputs = operation.inputs
    if not writer.is_known or has_unknown(inputs):
        return inputs
    try:
        live = writer.expected_update(operation)
    except (ConfigError, NoSuchKindError, UnreachableError):
        return inputs
    except ApiError as error:
        if error.status == 403:  # the user of a preview may lack the permission to write
            return inputs
        raise
    return outputs(live, inputs, writer.manager(operation))


def create(writer: Writer, operation: Operation) -> State:
    """Create the object and wait until it is ready; `unready` is set if it exists but is not ready."""
    expressions(operation.inputs)
    manager = writer.manager(operation)
    return _awaited(writer, operation, writer.create_with_retries(operation, manager), manager)


def update(writer: Writer, operation: Operation) -> State:
    """Write the inputs and wait until the object is ready."""
    expressions(operation.inputs)
    return _awaited(writer, operation, writer.update(operation), writer.manager(operation))


def _awaited(writer: Writer, operation: Operation, live: Object, manager: str) -> State:
    declared = manifest(operation.inputs)
    ref = writer.cluster.locate(operation.kind, live)
    seconds = await_ready.timeout(declared, operation.timeout)
    unready = ""
    try:
        live = await_ready.Wait(writer.cluster, ref, seconds, writer.cancelled, operation.log).until_ready(
            declared, live
        )
    except UnreadyError as error:
        live, unready = error.live, str(error)
    except Exception as error:  # noqa: BLE001 (the object exists and must not be lost from the state)
        unready = f"{ref} was written, but waiting for it failed: {error}"
    return State(ref.id, outputs(live, operation.inputs, manager), operation.inputs, unready)


def read(writer: Writer, operation: Operation) -> State | None:
    """Return the state of the live object, or None if it certainly does not exist; an import has no inputs yet."""
    inputs, state = operation.inputs, operation.state
    try:
        ref = writer.find(operation)
        live = writer.cluster.get(ref)
    except NoSuchKindError:
        return None
    except (ConfigError, UnreachableError) as error:
        _tolerate(writer, operation, error, skip=writer.settings.skip_update_unreachable)
        return None if writer.settings.delete_unreachable else State(operation.id, state, inputs)
    if live is None:
        return None
    found = current(inputs, live) if inputs else imported(live)
    unready = _unready_now(writer, ref, live, inputs) if inputs else ""
    return State(operation.id, outputs(live, found, writer.manager(operation)), found, unready)


def _unready_now(writer: Writer, ref: Reference, live: Object, inputs: Object) -> str:
    try:
        reason = await_ready.reason_to_wait(writer.cluster, ref, manifest(inputs), live)
    except FailedForGood as failure:
        reason = str(failure)
    except ProviderError:  # an object that it depends on cannot be read: readiness is unknown
        return ""
    return f"{ref} is not ready: {reason}" if reason and not isinstance(reason, SoftReason) else ""


def _tolerate(writer: Writer, operation: Operation, error: ProviderError, *, skip: bool = False) -> None:
    """Raise the error with a way out, unless a setting tolerates an unreachable cluster."""
    if not (skip or writer.settings.delete_unreachable):
        raise UnreachableError(
            f"{error}; if the cluster no longer exists, PULUMI_K8S_DELETE_UNREACHABLE=true removes its resources from"
            " the state"
        ) from error
    deleted = "deleteUnreachable is set, so the resource is removed from the state"
    kept = "skipUpdateUnreachable is set, so the resource stays as it is"
    operation.log.warn(f"{error}; {deleted if writer.settings.delete_unreachable else kept}")


def delete(writer: Writer, operation: Operation) -> None:
    """Delete the object and wait until it is gone; release the fields of a patch. A missing object is not an error."""
    declared, kind = manifest(operation.inputs), operation.kind
    try:
        ref = writer.find(operation)
        if kind.is_patch:
            writer.release_fields(ref, manifest(operation.state), writer.manager(operation))
            return
        propagation = _PROPAGATIONS.get(annotation(declared, _PROPAGATION).lower(), "Foreground")
        uid = writer.cluster.delete(ref, propagation)
    except NoSuchKindError:
        return
    except (ConfigError, UnreachableError) as error:
        _tolerate(writer, operation, error)
        return
    if uid and not (await_ready.is_skipped(declared) and kind.key in _DELETE_SKIPPABLE):
        seconds = await_ready.timeout(declared, operation.timeout)
        await_ready.Wait(writer.cluster, ref, seconds, writer.cancelled, operation.log).until_gone(uid)


def list_page(writer: Writer, operation: Operation, limit: int, token: str) -> tuple[list[Reference], str]:
    """Return a page of the objects that the inputs select, and the token of the next page or ''."""
    query = operation.inputs
    name, namespace = (query.get(key) or query.get("metadata", {}).get(key, "") for key in ("name", "namespace"))
    asked = {
        "labelSelector": query.get("labelSelector"),
        "fieldSelector": ",".join(filter(None, (query.get("fieldSelector"), name and f"metadata.name={name}"))),
        "continue": token,
        "limit": str(limit) if limit > 0 else "",
    }
    resource = writer.cluster.resource(operation.kind)
    page = writer.cluster.list(resource, namespace, {key: value for key, value in asked.items() if value})
    found = [item["metadata"] for item in page["items"]]
    references = [Reference(resource, item.get("namespace", ""), item["name"]) for item in found]
    return references, str(page["metadata"].get("continue") or "")
