"""Waiting until an object is ready or gone, with status lines that say why it is not."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provider.diagnosis import diagnose, events, termination_message
from provider.errors import ApiError, CancelledError, UnreachableError, UnreadyError
from provider.inputs import annotation, is_true
from provider.kinds import DEPLOYMENT, JOB
from provider.properties import mapping_at
from provider.readiness import FailedForGood, SoftReason, conditions, pending
from provider.stuck_pods import BlockageTimer, find_blockages, old_pods_available
from provider.wait_for import expressions, unmet

if TYPE_CHECKING:
    import threading

    from provider.cluster import Cluster
    from provider.engine_log import EngineLog
    from provider.kinds import Reference
    from provider.properties import Object

_DEFAULT_SECONDS = 600.0
_SOFT_REASON_SECONDS = 10.0
"""A SoftReason that has not changed for this long no longer prevents readiness."""
_DIAGNOSIS_INTERVAL = 5.0
"""Seconds between two reads of pods and events."""
_SKIP = "pulumi.com/skipAwait"
_TIMEOUT = "pulumi.com/timeoutSeconds"
_SERVER_ERROR = 500
_COMPLETE = {"type": "Complete", "status": "True"}


def is_skipped(declared: Object) -> bool:
    """Return whether the manifest has the annotation `pulumi.com/skipAwait`."""
    return is_true(declared, _SKIP)


def timeout(declared: Object, custom: float) -> float:
    """Return how many seconds to wait: the custom timeout, else the annotation, else ten minutes."""
    given = annotation(declared, _TIMEOUT)
    return custom or (float(given) if given.isdecimal() else _DEFAULT_SECONDS)


def reason_to_wait(cluster: Cluster, ref: Reference, declared: Object, live: Object) -> str:
    """Return what `live` still lacks, by its own `waitFor` or else by its kind, or '' when it is ready.

    Raises:
        FailedForGood: It will never be ready.
    """
    if is_skipped(declared):
        return ""
    own = expressions(declared)
    if own:
        return next(filter(None, (unmet(expression, live) for expression in own)), "")
    return pending(cluster, ref, live)


@dataclass
class Wait:
    """One wait, which takes at most `seconds` and ends early if `cancelled` is set."""

    cluster: Cluster
    ref: Reference
    seconds: float
    cancelled: threading.Event
    log: EngineLog

    def until_ready(self, declared: Object, live: Object) -> Object:
        """Return the live object as soon as it is ready.

        Raises:
            UnreadyError: It failed, or it is not ready when the time is over or the wait is cancelled.
        """
        started = since = told = time.monotonic()
        reason = more = ""
        timer = BlockageTimer()
        while True:
            before = reason
            try:
                reason = reason_to_wait(self.cluster, self.ref, declared, live)
            except FailedForGood as failure:
                raise UnreadyError(self._why_failed(failure, live), live) from failure
            except (ApiError, UnreachableError) as error:
                reason = self._transient(error)
            now = time.monotonic()
            since = since if reason == before else now
            if not reason or (isinstance(reason, SoftReason) and now - since >= _SOFT_REASON_SECONDS):
                self.log.status("")
                return live
            if now - started >= self.seconds:
                found = diagnose(self.cluster, self.ref, live)
                raise UnreadyError(f"{self.ref} is not ready after {self.seconds:g} s: {reason}{found}", live)
            if now - told >= _DIAGNOSIS_INTERVAL:
                told, more = now, diagnose(self.cluster, self.ref, live)
                if not expressions(declared) and timer.is_over(find_blockages(self.cluster, self.ref, live), now):
                    why = more.removeprefix("; ") or reason
                    message = f"{self.ref} failed because its pods do not start: {why}{self._old_pods(live)}"
                    raise UnreadyError(message, live)
            self.log.status(f"waiting: {reason}{more}")
            if self.cancelled.wait(_pause(now - started)):
                raise UnreadyError(f"{self.ref} is not ready, and waiting was cancelled: {reason}", live)
            live = self._reread(live)

    def _why_failed(self, failure: FailedForGood, live: Object) -> str:
        # The condition of a Job says only that a pod failed; the pod's termination message says why.
        said = termination_message(self.cluster, self.ref, live) if self.ref.resource.kind.key == JOB else ""
        if said:
            return f"{self.ref} failed:\n{said}"
        return f"{self.ref} failed: {failure}{diagnose(self.cluster, self.ref, live)}"

    def _old_pods(self, live: Object) -> str:
        if self.ref.resource.kind.key != DEPLOYMENT:
            return ""
        still = old_pods_available(self.cluster, self.ref, live)
        return f"; pods of the previous version that still serve: {still}" if still > 0 else ""

    def _reread(self, live: Object) -> Object:
        try:
            current = self.cluster.get(self.ref)
        except (ApiError, UnreachableError) as error:
            self.log.status(f"waiting: {self._transient(error)}")
            return live
        if current is None and self.ref.resource.kind.key == JOB and self._has_completed(live):
            return {**live, "status": {**mapping_at(live, "status"), "conditions": [_COMPLETE]}}
        if current is None:
            raise UnreadyError(f"{self.ref} was deleted during the wait", live)
        return current

    def _has_completed(self, job: Object) -> bool:
        """Return whether a Job that no longer exists had completed.

        With a short `ttlSecondsAfterFinished`, a Job completes and is deleted between two reads.
        """
        found = events(self.cluster, self.ref.namespace, uid=job["metadata"]["uid"])
        return any(event.get("reason") == "Completed" for event in found)

    @staticmethod
    def _transient(error: ApiError | UnreachableError) -> str:
        """Return the error as a reason to wait if the API server may be restarting; raise any other error."""
        # While a CRD is being deleted, its kind is still listed, and requests get a 404 without a Status.
        if isinstance(error, ApiError) and error.status < _SERVER_ERROR and error.reason:
            raise error
        return str(error)

    def until_gone(self, uid: str) -> None:
        """Return as soon as the object with `uid` is gone.

        Raises:
            UnreadyError: It still exists when the time is over.
            CancelledError: The wait was cancelled.
        """
        started = time.monotonic()
        reason = "it is being deleted"
        live: Object = {}
        while True:
            try:
                found = self.cluster.get(self.ref)
                if found is None or found["metadata"]["uid"] != uid:
                    break
                live, reason = found, _deletion_blocker(found)
            except (ApiError, UnreachableError) as error:
                reason = self._transient(error)
            waited = time.monotonic() - started
            if waited >= self.seconds:
                raise UnreadyError(f"{self.ref} still exists after {self.seconds:g} s: {reason}", live)
            if waited >= 1:
                self.log.status(f"waiting: {reason}")
            if self.cancelled.wait(_pause(waited)):
                raise CancelledError(
                    f"waiting for the deletion of {self.ref} was cancelled: run the command again to complete it"
                )
        self.log.status("")


def _pause(waited: float) -> float:
    """Return the seconds between two reads: most objects are ready or gone within one, a few take minutes."""
    return min(1.0, 0.1 + waited / 5)


def _deletion_blocker(live: Object) -> str:
    messages = [c["message"] for c in conditions(live) if c.get("status") == "True" and c.get("message")]
    finalizers = live["metadata"].get("finalizers") or mapping_at(live, "spec").get("finalizers") or []
    return "; ".join(map(str, messages)) or f"finalizers {', '.join(map(str, finalizers)) or 'none'}"
