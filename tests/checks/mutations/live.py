"""Changes one live object, and puts it back exactly as it was, field managers included."""

import copy
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx2

from checks.kube.client import Kind
from checks.kube.resources import CLUSTER_WIDE, NAMESPACED, RARE
from checks.objects import collect as unmanaged

Json = dict[str, Any]
Edit = Callable[[Json], object]

KINDS: Mapping[str, Kind[Any]] = {
    **CLUSTER_WIDE,
    **NAMESPACED,
    **RARE,
    **unmanaged.KINDS,
    "Secret": Kind("api/v1", "secrets", dict),
}
MANAGER = "mutation"


@dataclass(frozen=True)
class Place:
    """An object, written as reports do: `Deployment cortex-mcp/time-mcp-server`."""

    text: str

    @property
    def kind(self) -> str:
        return self.text.split()[0]

    @property
    def path(self) -> str:
        namespace, _, name = self.text.split()[1].rpartition("/")
        return KINDS[self.kind].path(namespace, name)

    @property
    def collection(self) -> str:
        return self.path.rpartition("/")[0]


class Live:
    """The cluster's objects behind an HTTP client."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get(self, place: Place) -> Json | None:
        """Give the object, None if it does not exist."""
        answer = await self._client.get(place.path)
        return None if answer.status_code == HTTPStatus.NOT_FOUND else _json(answer)

    async def make(self, place: Place, change: Edit | Json | None) -> None:
        """Edit an object as `kubectl edit` would, delete it, or make it; and leave it so."""
        if callable(change):
            document = await self._saved(place)
            change(document)
            await self._put(place, document)
        elif change is None:
            _json(await self._client.request("DELETE", place.path, params={"propagationPolicy": "Background"}))
        else:
            await self._create(place, change)

    @asynccontextmanager
    async def edited(self, place: Place, edit: Edit) -> AsyncIterator[None]:
        """Edit an object as `kubectl edit` would."""
        saved = await self._saved(place)
        changed = copy.deepcopy(saved)
        edit(changed)
        assert changed != saved, "the edit changes nothing"
        await self._put(place, changed)
        try:
            yield
        finally:
            await self._restore(place, saved)

    @asynccontextmanager
    async def deleted(self, place: Place) -> AsyncIterator[None]:
        """Delete an object, and what it owns."""
        saved = await self._saved(place)
        _json(await self._client.request("DELETE", place.path, params={"propagationPolicy": "Background"}))
        try:
            yield
        finally:
            del saved["metadata"]["uid"], saved["metadata"]["resourceVersion"]
            saved.pop("status", None)
            _json(await self._client.post(place.collection, params={"fieldManager": MANAGER}, json=saved))
            await self._put(place, saved)

    @asynccontextmanager
    async def created(self, place: Place, document: Json) -> AsyncIterator[None]:
        """Create an object."""
        await self._create(place, document)
        try:
            yield
        finally:
            _json(await self._client.delete(place.path))

    async def _create(self, place: Place, document: Json) -> None:
        metadata = {"name": place.path.rpartition("/")[2], **document.get("metadata", {})}
        group = KINDS[place.kind].prefix.partition("/")[2]
        whole = {"apiVersion": group, "kind": place.kind, **document, "metadata": metadata}
        _json(await self._client.post(place.collection, params={"fieldManager": MANAGER}, json=whole))

    async def _saved(self, place: Place) -> Json:
        saved = await self.get(place)
        assert saved is not None, f"{place.text} does not exist"
        return saved

    async def _restore(self, place: Place, saved: Json) -> None:
        # The first brings the values back, but as this manager's; the second changes nothing but the managers.
        await self._put(place, saved)
        await self._put(place, saved)

    async def _put(self, place: Place, document: Json) -> None:
        while True:
            now = await self._saved(place)
            document["metadata"]["resourceVersion"] = now["metadata"]["resourceVersion"]
            answer = await self._client.put(place.path, params={"fieldManager": MANAGER}, json=document)
            # A controller may write a status at any moment.
            if answer.status_code != HTTPStatus.CONFLICT:
                _json(answer)
                return


def _json(answer: httpx2.Response) -> Json:
    assert answer.is_success, f"{answer.request.method} {answer.request.url.path}: {answer.text}"
    document: Json = json.loads(answer.content)
    return document
