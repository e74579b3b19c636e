"""Writing of declared objects: by POST, server-side apply, merge patch or PUT."""

from __future__ import annotations

import secrets as random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provider.errors import ApiError, ConfigError, NoSuchKindError
from provider.inputs import annotation, is_true
from provider.kinds import CUSTOM_RESOURCE_DEFINITION
from provider.managed_fields import (
    CREATOR,
    is_foreign_conflict,
    is_made_by_pulumi,
    with_fields_taken_over,
    without_ignored_changes,
)
from provider.properties import Object, manifest, merge_patch

if TYPE_CHECKING:
    from collections.abc import Callable

    from provider.cluster import Cluster
    from provider.kinds import Kind, Reference
    from provider.operation import Operation
    from provider.settings import Settings

_FORCE = "pulumi.com/patchForce"
_MANAGER = "pulumi.com/patchFieldManager"
_STATE_MANAGER = "__fieldManager"
_NO_ACCOUNT = "error looking up service account"
"""Part of the server's message if a pod's ServiceAccount does not exist yet, as in a new namespace. The reason is
`Forbidden`, so only the text tells it from a missing permission."""

_RESUME = (
    "`pulumi refresh --yes --skip-preview --clear-pending-creates`, then"
    " `PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true pulumi up`: the update then continues with the existing objects"
)


@dataclass(frozen=True)
class _DryRun:
    """The result of the dry run of an update."""

    operation: Operation
    live: Object
    warnings: list[str]

    def is_of(self, other: Operation) -> bool:
        """Return whether the dry run wrote exactly what `other` will write."""
        mine = self.operation
        return (mine.inputs, mine.old, mine.ignored) == (other.inputs, other.old, other.ignored)


@dataclass
class Writer:
    """Writes objects by one provider's settings; `connect` is None if a preview does not know the cluster yet."""

    settings: Settings
    connect: Callable[[], Cluster] | None
    cancelled: threading.Event = field(default_factory=threading.Event)
    pauses: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)
    """Seconds between attempts at a create that the server may accept later."""
    _made: Cluster | None = None
    _dry_runs: dict[tuple[Kind, str], _DryRun] = field(default_factory=dict)
    _connecting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_known(self) -> bool:
        """Return whether the cluster is known yet."""
        return self.connect is not None

    @property
    def cluster(self) -> Cluster:
        """Return the cluster. The connection is made at the first use, because many operations need none.

        Raises:
            ConfigError: The cluster is not known yet, or the kubeconfig cannot be used.
        """
        if self.connect is None:
            raise ConfigError("the kubernetes provider's configuration is not known yet")
        with self._connecting:
            if self._made is None:
                self._made = self.connect()
            return self._made

    def find(self, operation: Operation) -> Reference:
        """Return the address of the resource's object."""
        return self.cluster.find(operation.kind, operation.id)

    def manager(self, operation: Operation) -> str:
        """Return the field manager: that of the annotation, else that of the state, else a new one."""
        if not self.settings.server_side:
            return CREATOR
        given = annotation(operation.inputs, _MANAGER) or operation.state.get(_STATE_MANAGER)
        return str(given or (CREATOR if operation.state else f"{CREATOR}-{random.token_hex(4)}"))

    def create(self, operation: Operation, manager: str, *, dry_run: bool = False) -> Object:
        """Create the object, or apply a patch; an existing object is adopted only if the settings say upsert."""
        cluster, declared = self.cluster, manifest(operation.inputs)
        ref, warn = cluster.locate(operation.kind, declared), self._warn(operation)
        upserts = self.settings.upsert and self.settings.server_side
        live = cluster.get(ref) if upserts and not (operation.kind.is_patch or dry_run) else None
        if live is not None and "deletionTimestamp" in live["metadata"]:
            upserts = False  # wait until the object is gone, as in any create
        if not (operation.kind.is_patch or upserts):
            return cluster.create(ref, declared, dry_run=dry_run, warn=warn)
        if live is not None:
            cluster.take_over_fields(ref, live, manager)
        force = dry_run or self._is_forced(declared)
        return cluster.apply(ref, declared, manager, dry_run=dry_run, force=force, warn=warn)

    def create_with_retries(self, operation: Operation, manager: str) -> Object:
        """Create the object; repeat this while its namespace, kind or ServiceAccount is missing, or its name in use.

        Programs need not declare dependencies on those. A name stays in use after a deletion that was not awaited.
        """
        for pause in self.pauses:
            try:
                return self.create(operation, manager)
            except (ApiError, NoSuchKindError) as error:
                if not self._is_transient(operation, error):
                    raise self._with_recovery_hint(operation, error) from error
                operation.log.status(f"waiting: {error}")
                if self.cancelled.wait(pause):
                    raise
        return self.create(operation, manager)

    def _is_transient(self, operation: Operation, error: ApiError | NoSuchKindError) -> bool:
        """Return whether a create may succeed later: something is still missing, or the old object is being deleted."""
        if isinstance(error, NoSuchKindError) or error.reason == "NotFound" or _NO_ACCOUNT in str(error):
            return True
        if error.reason != "AlreadyExists":
            return False
        live = self.cluster.get(self.cluster.locate(operation.kind, manifest(operation.inputs)))
        return live is None or "deletionTimestamp" in live["metadata"]

    def _with_recovery_hint(
        self, operation: Operation, error: ApiError | NoSuchKindError
    ) -> ApiError | NoSuchKindError:
        """Return the error, with the commands to continue if an interrupted update may have created the object.

        Nothing proves that it was created for this resource. Another stack may own the object, or this stack may have
        to delete it for another resource, so the object is not adopted automatically.
        """
        if not isinstance(error, ApiError) or error.reason != "AlreadyExists":
            return error
        live = self.cluster.get(self.cluster.locate(operation.kind, manifest(operation.inputs)))
        if live is None or not is_made_by_pulumi(live):
            return error
        created = live["metadata"].get("creationTimestamp")
        message = f"{error}; if an interrupted update of this stack created it at {created}, run {_RESUME}"
        return ApiError(message, status=error.status, reason=error.reason)

    def dry_run_update(self, operation: Operation) -> Object:
        """Return the object after a dry run of the update; warnings are kept for the preview that follows."""
        heard: list[str] = []
        live = self.update(operation, dry_run=True, warn=heard.append)
        self._dry_runs[operation.kind, operation.id] = _DryRun(operation, live, heard)
        return live

    def expected_update(self, operation: Operation) -> Object:
        """Return the object as the update will leave it, from the dry run of the preceding Diff or from a new one."""
        last = self._dry_runs.pop((operation.kind, operation.id), None)
        if last is None or not last.is_of(operation):
            return self.update(operation, dry_run=True)
        warn = self._warn(operation)
        for text in last.warnings:
            warn(text)
        return last.live

    def update(
        self, operation: Operation, *, dry_run: bool = False, warn: Callable[[str], None] | None = None
    ) -> Object:
        """Write the inputs to the live object; fields that are no longer declared are removed. Return the object."""
        self._dry_runs.pop((operation.kind, operation.id), None)
        cluster, ref, manager = self.cluster, self.find(operation), self.manager(operation)
        declared, live = manifest(operation.inputs), cluster.get(ref)
        if live is None:
            message = f"{ref} is gone from the cluster: run `pulumi refresh`, then update again"
            raise ApiError(message, status=404, reason="NotFound")
        warn = warn or self._warn(operation)
        if operation.kind.key == CUSTOM_RESOURCE_DEFINITION and not operation.kind.is_patch:
            return cluster.replace(ref, declared, live, manager, dry_run=dry_run, warn=warn)
        if not self.settings.server_side:
            return cluster.merge(ref, merge_patch(manifest(operation.old), declared), dry_run=dry_run, warn=warn)
        force = self._is_forced(declared)
        if not operation.kind.is_patch:
            if dry_run and (owned := with_fields_taken_over(live, manager)):
                return self._preview_takeover(operation, ref, owned, manager, force=force, warn=warn)
            live = cluster.take_over_fields(ref, live, manager)
        declared = without_ignored_changes(declared, live, manager, operation.ignored)
        live = cluster.apply(ref, declared, manager, dry_run=dry_run, force=force, warn=warn)
        before = operation.state.get(_STATE_MANAGER, manager)
        if before != manager and not dry_run:
            self.release_fields(ref, live, before)
        return live

    def _preview_takeover(
        self,
        operation: Operation,
        ref: Reference,
        owned: Object,
        manager: str,
        *,
        force: bool,
        warn: Callable[[str], None],
    ) -> Object:
        """Return the object as an apply will leave it after the take-over; a dry run before it would remove nothing."""
        declared = manifest(operation.inputs)
        if not force:
            sent = without_ignored_changes(declared, owned, manager, operation.ignored)
            try:
                self.cluster.apply(ref, sent, manager, dry_run=True)
            except ApiError as error:
                if error.reason == "Conflict" and any(is_foreign_conflict(cause.message) for cause in error.causes):
                    raise
        # Ignored fields are equal in both, so the patch omits them.
        return self.cluster.merge(ref, merge_patch(manifest(operation.old), declared), dry_run=True, warn=warn)

    def release_fields(self, ref: Reference, live: Object, manager: str) -> None:
        """Release all fields that `manager` owns of exactly this object; fields without another owner are removed."""
        metadata = {key: live["metadata"][key] for key in ("name", "namespace", "uid") if key in live["metadata"]}
        empty = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata}
        try:
            self.cluster.apply(ref, empty, manager)
        except ApiError as error:
            # For a uid that does not exist, the server creates nothing and answers Conflict without a cause.
            if error.reason != "NotFound" and (error.reason != "Conflict" or error.causes):
                raise

    def _is_forced(self, declared: Object) -> bool:
        return self.settings.patch_force or is_true(declared, _FORCE)

    def _warn(self, operation: Operation) -> Callable[[str], None]:
        def warn(text: str) -> None:
            if not (self.settings.suppress_deprecation_warnings and "deprecated" in text):
                operation.log.warn(text)

        return warn
