"""Discovery: which kinds the API server serves, and under which names."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from provider.errors import ApiError, NoSuchKindError, UnreachableError
from provider.kinds import Kind, Resource

if TYPE_CHECKING:
    from provider.api import Api
    from provider.properties import Object

_FAILURE_HOLDS = 30.0
"""Seconds for which an unreachable server is not tried again. Otherwise every resource would wait for it in turn."""
_PAUSES = (0.1, 0.2, 0.4, 0.8)
"""Seconds between attempts to read a group that is listed but answers 404, as just after a CRD changes."""


class Discovery:
    """The kinds of one cluster; safe to share between threads."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, dict[str, Resource]] = {}
        self._lock = threading.Lock()
        self._failure = ""
        self._failed_at = 0.0

    def resource(self, kind: Kind) -> Resource:
        """Return how the server serves `kind`.

        Raises:
            NoSuchKindError: Discovery succeeded, and the kind is not served.
        """
        with self._lock:
            found = self._known.get(kind.api_version, {}).get(kind.name)
            if found is None:  # not discovered yet, or its CRD was created since
                found = self._discovered(kind)
        if found is None:
            raise NoSuchKindError(
                f"the cluster has no kind {kind.name} in {kind.api_version}: install its CRD first,"
                " or use an API version that this cluster serves"
            )
        return found

    def still_serves(self, kind: Kind) -> bool:
        """Return whether the server serves a known kind now."""
        with self._lock:
            self._known[kind.api_version] = self._read(kind)
            return kind.name in self._known[kind.api_version]

    def _discovered(self, kind: Kind) -> Resource | None:
        if self._failure and time.monotonic() < self._failed_at + _FAILURE_HOLDS:
            raise UnreachableError(self._failure)
        try:
            self._known[kind.api_version] = self._read(kind)
        except UnreachableError as error:
            self._failure, self._failed_at = str(error), time.monotonic()
            raise
        return self._known[kind.api_version].get(kind.name)

    def _read(self, kind: Kind) -> dict[str, Resource]:
        path = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
        return {
            entry["kind"]: Resource(Kind(kind.group, kind.version, entry["kind"]), entry["name"], entry["namespaced"])
            for entry in self._listed(path, kind)
            if "/" not in entry["name"]
        }

    def _listed(self, path: str, kind: Kind) -> list[Object]:
        """Return the kinds of an API version, or none if it is not served.

        Raises:
            ApiError: The server lists the version, but keeps answering 404 for it.
        """
        pauses = iter(_PAUSES)
        while True:
            try:
                return list(self._api.request("GET", path)["resources"])
            except ApiError as error:
                if error.status != 404 or not kind.group:
                    raise
                if not self._lists_version(kind):
                    return []
                if (pause := next(pauses, None)) is None:
                    raise
            time.sleep(pause)

    def _lists_version(self, kind: Kind) -> bool:
        groups = self._api.request("GET", "/apis")["groups"]
        return any(version["groupVersion"] == kind.api_version for group in groups for version in group["versions"])
