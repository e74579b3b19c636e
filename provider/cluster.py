"""Reading and writing of objects in one cluster."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from provider.api import APPLY, JSON, JSON_PATCH, MERGE_PATCH, Api, ignore_warning
from provider.discovery import Discovery
from provider.errors import ApiError, UnreachableError
from provider.kinds import CUSTOM_RESOURCE_DEFINITION, Kind, Reference, Resource
from provider.managed_fields import CREATOR, with_fields_taken_over

if TYPE_CHECKING:
    from collections.abc import Callable

    from provider.properties import Object

_ATTEMPTS = 5
_CLOCK_TOLERANCE = 2.0
"""Seconds by which a creation time may precede the request: the server reports its times in whole seconds."""


class Cluster:
    """The objects of one cluster; safe to share between threads."""

    def __init__(self, api: Api, namespace: str) -> None:
        self.api = api
        self.namespace = namespace
        self._discovery = Discovery(api)

    def resource(self, kind: Kind) -> Resource:
        """Return how the server serves `kind`.

        Raises:
            NoSuchKindError: Discovery succeeded, and the kind is not served.
        """
        return self._discovery.resource(kind)

    def locate(self, kind: Kind, manifest: Object) -> Reference:
        """Return the address of the object that `manifest` declares."""
        metadata = manifest.get("metadata", {})
        return self._reference(kind, metadata.get("namespace"), metadata.get("name", ""))

    def find(self, kind: Kind, identifier: str) -> Reference:
        """Return the address for a resource id. An id without a namespace means the default namespace."""
        namespace, _, name = identifier.rpartition("/")
        return self._reference(kind, namespace, name)

    def _reference(self, kind: Kind, namespace: str | None, name: str) -> Reference:
        resource = self.resource(kind)
        return Reference(resource, (namespace or self.namespace) if resource.namespaced else "", name)

    def get(self, ref: Reference) -> Object | None:
        """Return the live object, or None if the server says that it does not exist."""
        try:
            return self._send("GET", ref)
        except ApiError as error:
            if self._is_absent(ref, error):
                return None
            raise

    def _is_absent(self, ref: Reference, error: ApiError) -> bool:
        """Return whether an error means that the object does not exist.

        A 404 without a Status body means that only if discovery no longer lists the kind.
        """
        if error.status != 404 or error.reason:
            return error.reason == "NotFound"
        return not self._discovery.still_serves(ref.resource.kind)

    def select(
        self, kind: Kind, namespace: str, *, labels: Object | None = None, fields: Object | None = None
    ) -> list[Object]:
        """Return the objects of a kind in one namespace that have these labels and these values of fields."""
        selectors = {"labelSelector": _selector(labels or {}), "fieldSelector": _selector(fields or {})}
        query = {key: selector for key, selector in selectors.items() if selector}
        found: list[Object] = self.list(self.resource(kind), namespace, query)["items"]
        return found

    def list(self, resource: Resource, namespace: str, query: dict[str, str]) -> Object:
        """Return the list of a kind's objects in one namespace, in the server's order."""
        return self.api.request("GET", resource.collection(namespace), query=query)

    def create(
        self, ref: Reference, manifest: Object, *, dry_run: bool = False, warn: Callable[[str], None] = ignore_warning
    ) -> Object:
        """Create the object and return it.

        If the answer is lost, the request is repeated. An object that then exists counts as ours only if our field
        manager created it after the first attempt.

        Raises:
            ApiError: The object exists already, or the server refuses it.
        """
        began = self.api.server_time()
        for attempt in range(_ATTEMPTS):
            try:
                return self._send("POST", ref, manifest, dry_run=dry_run, warn=warn, fieldManager=CREATOR)
            except UnreachableError as error:
                if not error.sent or not ref.name or attempt == _ATTEMPTS - 1:
                    raise
            except ApiError as error:
                live = self.get(ref) if attempt and error.reason == "AlreadyExists" else None
                if live is None or not _made_since(live, began):
                    raise
                return live
        raise AssertionError("the last attempt returns or raises")

    def apply(
        self,
        ref: Reference,
        manifest: Object,
        manager: str,
        *,
        dry_run: bool = False,
        force: bool = False,
        warn: Callable[[str], None] = ignore_warning,
    ) -> Object:
        """Apply server-side; a field owned by another manager is a conflict unless `force` is set."""
        query = {"fieldManager": manager, "force": str(force).lower()}
        return self._send("PATCH", ref, manifest, content_type=APPLY, dry_run=dry_run, warn=warn, **query)

    def merge(
        self, ref: Reference, patch: Object, *, dry_run: bool = False, warn: Callable[[str], None] = ignore_warning
    ) -> Object:
        """Apply client-side, by a JSON merge patch."""
        query = {"fieldManager": CREATOR}
        return self._send("PATCH", ref, patch, content_type=MERGE_PATCH, dry_run=dry_run, warn=warn, **query)

    def replace(
        self,
        ref: Reference,
        manifest: Object,
        live: Object,
        manager: str,
        *,
        dry_run: bool = False,
        warn: Callable[[str], None] = ignore_warning,
    ) -> Object:
        """Replace exactly this version of the `live` object by `manifest`."""
        metadata = {**manifest["metadata"], "resourceVersion": live["metadata"]["resourceVersion"]}
        body = {**manifest, "metadata": metadata}
        return self._send("PUT", ref, body, dry_run=dry_run, warn=warn, fieldManager=manager)

    def take_over_fields(self, ref: Reference, live: Object, manager: str) -> Object:
        """Transfer the fields that a POST or kubectl wrote to the apply entry of `manager`; return the object."""
        for attempt in range(_ATTEMPTS):
            owned = with_fields_taken_over(live, manager)
            if owned is None:
                break
            fields = owned["metadata"]
            patch = [
                {"op": "test", "path": "/metadata/resourceVersion", "value": fields["resourceVersion"]},
                {"op": "replace", "path": "/metadata/managedFields", "value": fields["managedFields"]},
            ]
            try:
                return self._send("PATCH", ref, patch, content_type=JSON_PATCH)
            except ApiError as error:
                current = self.get(ref)
                if error.reason not in ("Conflict", "Invalid") or attempt == _ATTEMPTS - 1 or current is None:
                    raise
                live = current  # changed by another client since it was read
        return live

    def delete(self, ref: Reference, propagation: str) -> str:
        """Start a deletion. Return the uid of the object, or '' if there was none."""
        try:
            answer = self._send("DELETE", ref, {"propagationPolicy": propagation})
        except ApiError as error:
            if self._is_absent(ref, error):
                return ""
            raise
        # The answer is the object, or a Status if the object is gone already.
        return str(answer["metadata"].get("uid") or answer.get("details", {}).get("uid", ""))

    def _send(
        self,
        method: str,
        ref: Reference,
        body: Any = None,  # noqa: ANN401 (any JSON value)
        *,
        content_type: str = JSON,
        dry_run: bool = False,
        warn: Callable[[str], None] = ignore_warning,
        **query: str,
    ) -> Object:
        path = ref.resource.collection(ref.namespace) if method == "POST" else ref.path
        if dry_run:
            query["dryRun"] = "All"
        definition = ref.resource.kind.key == CUSTOM_RESOURCE_DEFINITION
        if definition:
            body = _renamed(body, "x_kubernetes_", "_", "-")
        try:
            answer = self.api.request(method, path, query=query, body=body, content_type=content_type, warn=warn)
        except ApiError as error:
            raise _explain(ref, error) from error
        return _renamed(answer, "x-kubernetes-", "-", "_") if definition else answer


def _selector(wanted: Object) -> str:
    return ",".join(f"{key}={value}" for key, value in wanted.items())


def _renamed(value: Any, prefix: str, old: str, new: str) -> Any:  # noqa: ANN401 (any JSON value)
    """Return a CRD with the `x-kubernetes-*` keys of its schema respelled: the SDK uses underscores."""
    if isinstance(value, dict):
        return {
            key.replace(old, new) if key.startswith(prefix) else key: _renamed(item, prefix, old, new)
            for key, item in value.items()
        }
    return [_renamed(item, prefix, old, new) for item in value] if isinstance(value, list) else value


def _made_since(live: Object, began: float) -> bool:
    metadata = live["metadata"]
    created = datetime.fromisoformat(metadata["creationTimestamp"]).timestamp()
    managers = [entry.get("manager") for entry in metadata.get("managedFields") or []]
    return created >= began - _CLOCK_TOLERANCE and CREATOR in managers


def _explain(ref: Reference, error: ApiError) -> ApiError:
    message = f"{ref}: {error}"
    if error.reason == "AlreadyExists":
        message = (
            f"{ref} exists already, and a create never adopts an existing object: import it (`pulumi import`,"
            f" id {ref.id}), delete it, or choose another name"
        )
    elif error.reason == "NotFound" and str(error).endswith(f'"{ref.name}" not found'):
        message = f"{ref} is gone from the cluster: run `pulumi refresh`, then update again"
    elif error.reason == "Conflict" and error.causes:
        fields = "; ".join(f"{cause.field} ({cause.message})" for cause in error.causes)
        message = (
            f"{ref} has fields that belong to another field manager: {fields}; remove them from the declaration,"
            ' make that manager release them, or set the annotation pulumi.com/patchForce: "true"'
        )
    return ApiError(message, status=error.status, reason=error.reason, causes=error.causes)
