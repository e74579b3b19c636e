"""What happens to one resource: check, diff, create, read, update, delete, in terms of plain properties."""

from __future__ import annotations

import hashlib
import secrets as random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provider import readiness
from provider.cluster import FIELD_MANAGER, Cluster, owned_by_create
from provider.diff import Change, Edit, changes, field_at, refreshed
from provider.errors import ApiError, ConfigError, NoSuchKindError, ProviderError, UnreadyError
from provider.properties import (
    Object,
    has_unknown,
    is_unknown,
    manifest,
    outputs,
    plain_text,
    protect,
    reveal,
)
from provider.replacement import forces_replacement

if TYPE_CHECKING:
    from provider.kinds import Kind, Reference
    from provider.settings import Settings

_AUTONAMED = "__autonamed"
_FORCE = "pulumi.com/patchForce"
_SERVER_SET = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")


@dataclass(frozen=True)
class Plan:
    """What a change of inputs takes."""

    changes: tuple[Change, ...] = ()
    replaces: tuple[Change, ...] = ()
    delete_first: bool = False


@dataclass(frozen=True)
class State:
    """What the engine keeps of a resource; `unready` says why its object is not ready, or ''."""

    id: str
    outputs: Object
    inputs: Object
    unready: str = ""


@dataclass
class Lifecycle:
    """Operations on the resources of one provider; `cluster` is None while a preview does not know it yet."""

    settings: Settings
    cluster: Cluster | None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def check(self, kind: Kind, name: str, old: Object, new: Object, seed: bytes) -> Object:
        """The inputs to plan with: kind filled in, named, put into a namespace, a Secret's contents marked."""
        inputs = {
            **new,
            "apiVersion": new.get("apiVersion", kind.api_version),
            "kind": new.get("kind", kind.name),
        }
        metadata = reveal(new.get("metadata", {}))
        if not isinstance(metadata, dict):  # known only after the update
            return protect(inputs)
        metadata = dict(new["metadata"]) if isinstance(new.get("metadata"), dict) else metadata
        if not metadata.get("name"):
            inputs[_AUTONAMED] = True
            before = reveal(old.get("metadata", {})) if old.get(_AUTONAMED) else {}
            metadata["name"] = before.get("name") or _random_name(metadata.get("generateName") or f"{name}-", seed)
        if not metadata.get("namespace") and self._is_namespaced(kind):
            metadata["namespace"] = self._cluster.namespace
        return protect({**inputs, "metadata": metadata})

    def _is_namespaced(self, kind: Kind) -> bool:
        try:
            return self.cluster is not None and self.cluster.resource(kind).namespaced
        except NoSuchKindError:  # its CRD may come with the same update
            return False

    @property
    def _cluster(self) -> Cluster:
        if self.cluster is None:
            raise ConfigError("the kubernetes provider's configuration is not known yet")
        return self.cluster

    def diff(self, kind: Kind, identifier: str, old: Object, new: Object, state: Object) -> Plan:
        """What changes from `old` to `new` inputs, given the last `state`; asks the server only if they differ."""
        before, after = _aligned(manifest(old), manifest(state)), _aligned(manifest(new), manifest(state))
        found = tuple(changes(before, after))
        replaces = tuple(c for c in found if forces_replacement(kind, c.path, self.settings))
        if replaces:
            named = not new.get(_AUTONAMED)
            return Plan(found, replaces, delete_first=named and _identity(before) == _identity(after))
        if found and self.cluster is not None and not has_unknown(after):
            found = self._confirmed(self.cluster.find(kind, identifier), found, after, manifest(state))
        return Plan(found)

    def _confirmed(self, ref: Reference, found: tuple[Change, ...], after: Object, state: Object) -> tuple[Change, ...]:
        """The changes that a dry run confirms: '1000m' for '1' is none."""
        try:
            result = self._cluster.apply(ref, after, dry_run=True, force=True)
        except ApiError:
            # The engine also diffs while it refreshes, where a refusal of the program's inputs must not fail.
            return found
        shared = owned_by_create(result)  # then the dry run cannot show a removal
        return tuple(
            change
            for change in found
            if (shared and change.edit is Edit.DELETE) or field_at(result, change.path) != field_at(state, change.path)
        )

    def preview_update(self, kind: Kind, identifier: str, inputs: Object, state: Object) -> Object:
        """The outputs that an update is expected to leave; raises what the server would refuse in it."""
        declared = manifest(inputs)
        if self.cluster is None or has_unknown(declared):
            return preview(inputs, state)
        ref = self.cluster.find(kind, identifier)
        try:
            return outputs(self._dry_run(self.cluster, ref, declared), inputs)
        except ApiError as error:
            if error.status in (403, 404):  # a reviewer may not write; its namespace may be made by this update
                return preview(inputs, state)
            raise

    @staticmethod
    def _dry_run(cluster: Cluster, ref: Reference, declared: Object) -> Object:
        try:
            return cluster.apply(ref, declared, dry_run=True, force=_is_forced(declared))
        except ApiError as error:
            ours = f'conflict with "{FIELD_MANAGER}"'  # which the update itself resolves: see Cluster.own
            if error.reason != "Conflict" or not all(cause.message.startswith(ours) for cause in error.causes):
                raise
            return cluster.apply(ref, declared, dry_run=True, force=True)

    def create(self, kind: Kind, inputs: Object, timeout: float) -> State:
        """Creates the object and waits for it; `unready` is set when it exists but did not become ready."""
        declared = manifest(inputs)
        ref = self._cluster.locate(kind, declared)
        live = self._cluster.create(ref, declared)
        return self._awaited(ref, live, inputs, timeout)

    def update(self, kind: Kind, identifier: str, inputs: Object, timeout: float) -> State:
        """Applies the inputs and waits; fields declared before and not now are removed."""
        declared = manifest(inputs)
        ref = self._cluster.find(kind, identifier)
        self._cluster.own(ref)
        live = self._cluster.apply(ref, declared, force=_is_forced(declared))
        return self._awaited(ref, live, inputs, timeout)

    def _awaited(self, ref: Reference, live: Object, inputs: Object, timeout: float) -> State:
        declared = manifest(inputs)
        unready = ""
        if readiness.is_awaited(declared):
            seconds = readiness.timeout(declared, timeout)
            try:
                live = readiness.wait_until_ready(self._cluster, ref, live, seconds, self.cancelled)
            except UnreadyError as error:
                live, unready = error.live, str(error)
            except ProviderError as error:  # the object exists: losing it from state would be worse
                unready = f"{ref} was written, but could not be awaited: {error}"
        return State(ref.id, outputs(live, inputs), inputs, unready)

    def read(self, kind: Kind, identifier: str, inputs: Object) -> State | None:
        """The live object, or None when it is surely gone; without `inputs` (an import) they are made from it."""
        try:
            ref = self._cluster.find(kind, identifier)
            live = self._cluster.get(ref)
        except NoSuchKindError:
            return None
        if live is None:
            return None
        if not inputs:
            imported = protect(_importable(live))
            return State(ref.id, outputs(live, imported), imported)
        current = _refreshed_inputs(inputs, live)
        return State(ref.id, outputs(live, current), current, self._unready_now(ref, live, inputs))

    def _unready_now(self, ref: Reference, live: Object, inputs: Object) -> str:
        if not readiness.is_awaited(manifest(inputs)):
            return ""
        try:
            reason = readiness.pending(self._cluster, ref, live)
        except readiness.Failed as failure:
            reason = str(failure)
        return reason and f"{ref} is not ready: {reason}"

    def delete(self, kind: Kind, identifier: str, inputs: Object, timeout: float) -> None:
        """Deletes the object and waits until it is gone; what is gone already is no error."""
        try:
            ref = self._cluster.find(kind, identifier)
        except NoSuchKindError:
            return
        uid = self._cluster.delete(ref)
        declared = manifest(inputs)
        if uid and readiness.is_awaited(declared):
            seconds = readiness.timeout(declared, timeout)
            readiness.wait_until_gone(self._cluster, ref, uid, seconds, self.cancelled)


def preview(inputs: Object, state: Object) -> Object:
    """What a create or update is expected to leave: `inputs` over the last known `state`."""
    declared = {key: value for key, value in inputs.items() if not key.startswith("__")}
    return protect(_overlaid(state, declared))


def _overlaid(under: Object, over: Object) -> Object:
    merged = {**under, **over}
    for key, value in over.items():
        below = under.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            merged[key] = _overlaid(below, value)
    return merged


def _random_name(prefix: object, seed: bytes) -> object:
    if is_unknown(prefix):
        return prefix
    digits = hashlib.sha256(seed).hexdigest() if seed else random.token_hex(4)
    return f"{prefix}{digits[:8]}"


def _identity(declared: Object) -> tuple[object, object]:
    metadata = declared.get("metadata", {})
    return metadata.get("namespace"), metadata.get("name")


def _aligned(declared: Object, state: Object) -> Object:
    """`declared` with the namespace of the state where it names none: it was or will be the default one."""
    metadata = declared.get("metadata")
    namespace = state.get("metadata", {}).get("namespace")
    if not namespace or not isinstance(metadata, dict) or metadata.get("namespace"):
        return declared
    return {**declared, "metadata": {**metadata, "namespace": namespace}}


def _is_forced(declared: Object) -> bool:
    return readiness.annotation(declared, _FORCE).lower() == "true"


def _importable(live: Object) -> Object:
    metadata = {key: value for key, value in live["metadata"].items() if key not in _SERVER_SET}
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}


def _refreshed_inputs(inputs: Object, live: Object) -> Object:
    readable = live
    if live.get("kind") == "Secret" and "stringData" in inputs:
        readable = {**live, "stringData": plain_text(live.get("data", {}))}
    kept = {key: value for key, value in inputs.items() if key.startswith("__")}
    declared = {key: value for key, value in inputs.items() if not key.startswith("__")}
    return {**kept, **refreshed(declared, readable)}
