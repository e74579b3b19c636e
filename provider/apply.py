"""How a declaration gets into the cluster: by POST, server-side apply, merge patch or replacement."""

from __future__ import annotations

import secrets as random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provider.engine_log import EngineLog
from provider.errors import ApiError, ConfigError, NoSuchKindError
from provider.inputs import annotation, is_true
from provider.kinds import CUSTOM_RESOURCE_DEFINITION, Kind, Reference
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
    from provider.settings import Settings

_FORCE = "pulumi.com/patchForce"
_MANAGER = "pulumi.com/patchFieldManager"
_STATE_MANAGER = "__fieldManager"
_NO_ACCOUNT = "error looking up service account"
"""How the server refuses a Pod whose account is yet to be made: as forbidden. A new namespace has none for a moment."""

_RESUME = (
    "`pulumi refresh --yes --skip-preview --clear-pending-creates`, then"
    " `PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true pulumi up`: it goes on with all that was made"
)


@dataclass(frozen=True)
class Operation:
    """One call of the engine about one resource; `old` inputs and `state` are empty where it has none yet."""

    kind: Kind
    id: str = ""
    inputs: Object = field(default_factory=dict)
    old: Object = field(default_factory=dict)
    state: Object = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    timeout: float = 0
    """Seconds, of the resource's custom timeouts; 0 when it has none."""
    log: EngineLog = field(default_factory=EngineLog)


@dataclass(frozen=True)
class _DryRun:
    """What a dry run gave."""

    operation: Operation
    live: Object
    warnings: list[str]

    def is_of(self, other: Operation) -> bool:
        """Whether it tried just what `other` is to write."""
        mine = self.operation
        return (mine.inputs, mine.old, mine.ignored) == (other.inputs, other.old, other.ignored)


@dataclass
class Writer:
    """Writes with one provider's settings; `connect` is None while a preview does not know its cluster yet."""

    settings: Settings
    connect: Callable[[], Cluster] | None
    cancelled: threading.Event = field(default_factory=threading.Event)
    pauses: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)
    """Seconds between attempts at a create that may be refused only for now."""
    _made: Cluster | None = None
    _dry_runs: dict[tuple[Kind, str], _DryRun] = field(default_factory=dict)
    _connecting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_known(self) -> bool:
        """Whether the configuration says which cluster it is."""
        return self.connect is not None

    @property
    def cluster(self) -> Cluster:
        """The cluster, connected to when first needed: what changes nothing needs none. Raises ConfigError."""
        if self.connect is None:
            raise ConfigError("the kubernetes provider's configuration is not known yet")
        with self._connecting:
            if self._made is None:
                self._made = self.connect()
            return self._made

    def find(self, operation: Operation) -> Reference:
        """The address of the resource's object."""
        return self.cluster.find(operation.kind, operation.id)

    def manager(self, operation: Operation) -> str:
        """The field manager of the resource: as its annotation says, as its state says, else one of its own."""
        if not self.settings.server_side:
            return CREATOR
        given = annotation(operation.inputs, _MANAGER) or operation.state.get(_STATE_MANAGER)
        return str(given or (CREATOR if operation.state else f"{CREATOR}-{random.token_hex(4)}"))

    def create(self, operation: Operation, manager: str, *, dry_run: bool = False) -> Object:
        """Creates the object, or applies a patch; never adopts, unless the settings say upsert."""
        cluster, declared = self.cluster, manifest(operation.inputs)
        ref, warn = cluster.locate(operation.kind, declared), self._warn(operation)
        upserts = self.settings.upsert and self.settings.server_side
        live = cluster.get(ref) if upserts and not (operation.kind.is_patch or dry_run) else None
        if live is not None and "deletionTimestamp" in live["metadata"]:
            upserts = False  # what is going is waited for, as in any create
        if not (operation.kind.is_patch or upserts):
            return cluster.create(ref, declared, dry_run=dry_run, warn=warn)
        if live is not None:
            cluster.take_over_fields(ref, live, manager)
        force = dry_run or self._is_forced(declared)
        return cluster.apply(ref, declared, manager, dry_run=dry_run, force=force, warn=warn)

    def create_with_retries(self, operation: Operation, manager: str) -> Object:
        """`create`, again while its namespace or kind is missing, which programs need not order, or its name is taken.

        The name is taken for a while after a deletion that was not awaited.
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
        """Whether a create was refused for what is yet to come, or for an object that is going."""
        if isinstance(error, NoSuchKindError) or error.reason == "NotFound" or _NO_ACCOUNT in str(error):
            return True
        if error.reason != "AlreadyExists":
            return False
        live = self.cluster.get(self.cluster.locate(operation.kind, manifest(operation.inputs)))
        return live is None or "deletionTimestamp" in live["metadata"]

    def _with_recovery_hint(
        self, operation: Operation, error: ApiError | NoSuchKindError
    ) -> ApiError | NoSuchKindError:
        """The error, with the way on where an interrupted update may have made the object.

        That very resource cannot be known for its maker, so nothing is adopted unasked: another stack's state may hold
        the object, or that of this stack, as something yet to be deleted.
        """
        if not isinstance(error, ApiError) or error.reason != "AlreadyExists":
            return error
        live = self.cluster.get(self.cluster.locate(operation.kind, manifest(operation.inputs)))
        if live is None or not is_made_by_pulumi(live):
            return error
        made = live["metadata"].get("creationTimestamp")
        message = f"{error}; if an update of this stack made it that was interrupted, at {made}, run {_RESUME}"
        return ApiError(message, status=error.status, reason=error.reason)

    def dry_run_update(self, operation: Operation) -> Object:
        """A dry run of the update, of which the preview that follows says what the server warns of."""
        heard: list[str] = []
        live = self.update(operation, dry_run=True, warn=heard.append)
        self._dry_runs[operation.kind, operation.id] = _DryRun(operation, live, heard)
        return live

    def expected_update(self, operation: Operation) -> Object:
        """What the update will leave: as it was rehearsed for the Diff just before, or else by a dry run."""
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
        """Writes the inputs over the live object; fields declared before and not now are removed."""
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
        """What an apply will leave once it has taken over `owned`; until then it would remove nothing."""
        declared = manifest(operation.inputs)
        if not force:
            sent = without_ignored_changes(declared, owned, manager, operation.ignored)
            try:
                self.cluster.apply(ref, sent, manager, dry_run=True)
            except ApiError as error:
                if error.reason == "Conflict" and any(is_foreign_conflict(cause.message) for cause in error.causes):
                    raise
        # What is ignored is the same in both, and therefore not sent.
        return self.cluster.merge(ref, merge_patch(manifest(operation.old), declared), dry_run=True, warn=warn)

    def release_fields(self, ref: Reference, live: Object, manager: str) -> None:
        """Gives up all that `manager` owns of exactly this object; fields that nobody else owns go away."""
        metadata = {key: live["metadata"][key] for key in ("name", "namespace", "uid") if key in live["metadata"]}
        empty = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata}
        try:
            self.cluster.apply(ref, empty, manager)
        except ApiError as error:
            # With a uid that no object has the server makes none, and says Conflict without a cause.
            if error.reason != "NotFound" and (error.reason != "Conflict" or error.causes):
                raise

    def _is_forced(self, declared: Object) -> bool:
        return self.settings.patch_force or is_true(declared, _FORCE)

    def _warn(self, operation: Operation) -> Callable[[str], None]:
        def warn(text: str) -> None:
            if not (self.settings.suppress_deprecation_warnings and "deprecated" in text):
                operation.log.warn(text)

        return warn
