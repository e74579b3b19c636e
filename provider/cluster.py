"""Objects in a cluster: discovery of kinds, and the writes that keep one field manager the owner of what we declare.

Create is a plain POST, because only a POST is refused atomically when the object exists. It leaves our field manager
with an `Update` entry, beside which a later apply would co-own the fields: changing one would conflict with ourselves,
and a removed one would stay. So the first update turns that entry into an `Apply` entry before it applies, as kubectl
does when it moves from client-side to server-side apply.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from provider.api import APPLY, JSON_PATCH, Api
from provider.errors import ApiError, NoSuchKindError
from provider.kinds import Kind, Reference, Resource, parse_id, reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from provider.properties import Object

FIELD_MANAGER = "pulumi-kubernetes"
_ATTEMPTS = 5


class Cluster:
    """One cluster, seen as objects; safe to share between threads."""

    def __init__(self, api: Api, namespace: str) -> None:
        self.api = api
        self.namespace = namespace
        self._lists: dict[str, dict[str, Resource]] = {}
        self._discovering = threading.Lock()

    def resource(self, kind: Kind) -> Resource:
        """How the server serves `kind`; raises NoSuchKindError only when discovery succeeded without it."""
        with self._discovering:
            found = self._lists.get(kind.api_version, {}).get(kind.name)
            if found is None:  # never seen, or a CRD made since
                self._lists[kind.api_version] = self._discover(kind)
                found = self._lists[kind.api_version].get(kind.name)
        if found is None:
            raise NoSuchKindError(
                f"the cluster has no kind {kind.name} in {kind.api_version}: install its CRD first,"
                " or use an API version that this cluster serves"
            )
        return found

    def _discover(self, kind: Kind) -> dict[str, Resource]:
        path = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
        try:
            listed = self.api.request("GET", path)["resources"]
        except ApiError as error:
            if error.status == 404 and kind.group and not self._is_served(kind):
                return {}
            raise
        return {
            entry["kind"]: Resource(Kind(kind.group, kind.version, entry["kind"]), entry["name"], entry["namespaced"])
            for entry in listed
            if "/" not in entry["name"]
        }

    def _is_served(self, kind: Kind) -> bool:
        groups = self.api.request("GET", "/apis")["groups"]
        return any(version["groupVersion"] == kind.api_version for group in groups for version in group["versions"])

    def locate(self, kind: Kind, manifest: Object) -> Reference:
        """The address that `manifest` declares."""
        return reference(self.resource(kind), manifest, self.namespace)

    def find(self, kind: Kind, identifier: str) -> Reference:
        """The address that a resource id means."""
        return parse_id(self.resource(kind), identifier, self.namespace)

    def get(self, ref: Reference) -> Object | None:
        """The live object, or None when the server says that it does not exist."""
        try:
            return self.api.request("GET", ref.path)
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise _explain(ref, error) from error

    def list(self, resource: Resource, namespace: str, query: dict[str, str]) -> list[Object]:
        """Objects of one kind in one namespace, in the server's order."""
        items: list[Object] = self.api.request("GET", resource.collection(namespace), query=query)["items"]
        return items

    def create(self, ref: Reference, manifest: Object) -> Object:
        """Creates the object; raises ApiError when it exists already, whoever made it."""
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
        path = ref.resource.collection(ref.namespace)
        return self._explained(ref, lambda: self.api.request("POST", path, query=query, body=manifest))

    def apply(self, ref: Reference, manifest: Object, *, dry_run: bool = False, force: bool = False) -> Object:
        """Server-side apply; a field owned by another manager is a conflict unless `force`."""
        query = {"fieldManager": FIELD_MANAGER, "force": str(force).lower()}
        if dry_run:
            query["dryRun"] = "All"
        return self._explained(
            ref, lambda: self.api.request("PATCH", ref.path, query=query, body=manifest, content_type=APPLY)
        )

    def own(self, ref: Reference) -> None:
        """Turns the field ownership that our POST left into that of an apply; raises ApiError when ref is gone."""
        for attempt in range(1, _ATTEMPTS + 1):
            live = self._explained(ref, lambda: self.api.request("GET", ref.path))
            if not owned_by_create(live):
                return
            try:
                self.api.request("PATCH", ref.path, body=_ownership(live), content_type=JSON_PATCH)
            except ApiError as error:
                if error.reason in ("Conflict", "Invalid") and attempt < _ATTEMPTS:
                    continue  # written by another since it was read
                raise _explain(ref, error) from error
            return

    def delete(self, ref: Reference) -> str:
        """Begins a foreground deletion; the uid of what is being deleted, or '' when there was nothing."""
        try:
            answer = self.api.request("DELETE", ref.path, body={"propagationPolicy": "Foreground"})
        except ApiError as error:
            if error.reason == "NotFound":
                return ""
            raise _explain(ref, error) from error
        # The server answers with the object, or with a Status once it is gone already.
        return str(answer["metadata"].get("uid") or answer.get("details", {}).get("uid", ""))

    def _explained(self, ref: Reference, send: Callable[[], Object]) -> Object:
        try:
            return send()
        except ApiError as error:
            raise _explain(ref, error) from error


def owned_by_create(live: Object) -> bool:
    """Whether our field manager still owns fields of `live` by the POST that made it."""
    return any(map(_is_ours, live["metadata"].get("managedFields", [])))


def _is_ours(entry: Object, operation: str = "Update") -> bool:
    return (
        entry.get("manager") == FIELD_MANAGER and entry.get("operation") == operation and not entry.get("subresource")
    )


def _ownership(live: Object) -> list[Object]:
    entries = live["metadata"]["managedFields"]
    applied: Object = {}
    for entry in entries:
        if _is_ours(entry) or _is_ours(entry, "Apply"):
            applied = {
                **entry,
                "operation": "Apply",
                "fieldsV1": _union(applied.get("fieldsV1", {}), entry["fieldsV1"]),
            }
    others = [entry for entry in entries if not (_is_ours(entry) or _is_ours(entry, "Apply"))]
    return [
        {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        {"op": "replace", "path": "/metadata/managedFields", "value": [*others, applied]},
    ]


def _union(left: Object, right: Object) -> Object:
    return {**left, **{key: _union(left.get(key, {}), value) for key, value in right.items()}}


def _explain(ref: Reference, error: ApiError) -> ApiError:
    message = f"{ref}: {error}"
    if error.reason == "AlreadyExists":
        message = (
            f"{ref} exists already, and creating never adopts: import it (`pulumi import`, id {ref.id}),"
            " delete it, or choose another name"
        )
    elif error.reason == "NotFound" and str(error).endswith(f'"{ref.name}" not found'):
        message = f"{ref} is gone from the cluster: run `pulumi refresh`, then update again"
    elif error.reason == "Conflict" and error.causes:
        fields = "; ".join(f"{cause.field} ({cause.message})" for cause in error.causes)
        message = (
            f"{ref} has fields that belong to another field manager: {fields}; stop declaring them,"
            ' let that manager give them up, or set the annotation pulumi.com/patchForce: "true"'
        )
    return ApiError(message, status=error.status, reason=error.reason, causes=error.causes)
