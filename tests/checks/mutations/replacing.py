"""Replaces live objects by those of another declaration, and puts the declared ones back."""

import copy
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import anyio
import httpx2

from tests.checks.mutations.live import MANAGER, Place
from tests.checks.mutations.merging import merged, paths

Json = dict[str, Any]
OURS = "pulumi-kubernetes"
"""The field manager of a deployment."""
GONE_SECONDS = 60
_APPLY = {"content-type": "application/apply-patch+yaml"}


async def apply(client: httpx2.AsyncClient, name: str, document: Json) -> None:
    """Make an object as a deployment does; one that another made is replaced."""
    path = Place(name).path
    applied = {"fieldManager": OURS, "force": "true"}
    answer = await client.patch(path, params=applied, headers=_APPLY, json=document)
    if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        await delete(client, name)
        answer = await client.patch(path, params=applied, headers=_APPLY, json=document)
    assert answer.is_success, f"{name}: {answer.text}"


async def replace(client: httpx2.AsyncClient, name: str, before: Json | None, after: Json | None) -> Json | None:
    """Change the fields of an object that differ, as `kubectl edit` would, or make it, or delete it.

    Returns the live object as it was.
    """
    answer = await client.get(Place(name).path)
    saved: Json | None = answer.json() if answer.is_success else None
    if after is None:
        await delete(client, name)
    elif saved is None:
        await _create(client, name, after)
    elif ("spec", "clusterIP") in paths(before, after) or not await _put(
        client, name, lambda live: merged(live, before, after)
    ):
        # Kubernetes keeps such a field as it is: only another object has another value.
        await delete(client, name)
        await _create(client, name, after)
    return saved


async def restore(client: httpx2.AsyncClient, name: str, saved: Json | None, before: Json | None) -> None:
    """Put an object back as it was, or, if that is a new object, as a deployment makes it."""
    if saved is None or before is None:
        await delete(client, name)
        return
    # The first brings the values back, but as this manager's; the second changes nothing but the managers.
    if not (await _put(client, name, lambda _: saved) and await _put(client, name, lambda _: saved)):
        await delete(client, name)
        await apply(client, name, before)


async def delete(client: httpx2.AsyncClient, name: str) -> None:
    """Delete an object with what it owns, and wait until it is gone."""
    place = Place(name)
    answer = await client.request("DELETE", place.path, params={"propagationPolicy": "Background"})
    with anyio.fail_after(GONE_SECONDS):
        while answer.status_code != HTTPStatus.NOT_FOUND:
            answer = await client.get(place.path)
            if answer.is_success and answer.json()["metadata"].get("finalizers"):
                # A claim that pods mount would wait for them.
                nothing = {"metadata": {"finalizers": None}}
                await client.patch(place.path, headers={"content-type": "application/merge-patch+json"}, json=nothing)


async def _create(client: httpx2.AsyncClient, name: str, document: Json) -> None:
    answer = await client.post(Place(name).collection, params={"fieldManager": MANAGER}, json=document)
    assert answer.is_success, f"{name}: {answer.text}"


async def _put(client: httpx2.AsyncClient, name: str, edit: Callable[[Json], Json]) -> bool:
    """Return whether an object could be changed, which is not so if it is gone, or Kubernetes fixes what differs."""
    path = Place(name).path
    while True:
        read = await client.get(path)
        if read.status_code == HTTPStatus.NOT_FOUND:
            return False
        live: Json = read.json()
        changed = copy.deepcopy(edit(live))
        changed["metadata"] |= {key: live["metadata"][key] for key in ("uid", "resourceVersion")}
        answer = await client.put(path, params={"fieldManager": MANAGER}, json=changed)
        # A controller may write a status at any moment.
        if answer.status_code != HTTPStatus.CONFLICT:
            break
    assert answer.is_success or answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, f"{name}: {answer.text}"
    return answer.is_success
