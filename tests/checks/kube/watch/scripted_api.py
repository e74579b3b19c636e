"""An API server that answers list and watch requests as a script says, and keeps what it was asked."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import anyio
import httpx2

from checks.kube import models as k8s
from checks.kube.client import Kind
from checks.kube.resources import CONFIG_MAPS
from checks.kube.watch.availability import Availability
from checks.kube.watch.reflector import Change, Gap, Reflector
from checks.kube.watch.stream import INITIAL_EVENTS_END, Scope

Line = bytes | Exception
Answer = httpx2.Response | Exception


def thing(name: str, version: int, **data: str) -> dict[str, object]:
    """Give a ConfigMap, or with some other fields an event."""
    meta = {"name": name, "namespace": "x", "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": meta, "data": data}


def line(kind: str, item: dict[str, object]) -> bytes:
    """Give a line of a watch."""
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"


def bookmark(version: int, *, listed: bool = False) -> bytes:
    """Give a bookmark, or the one that ends the initial list."""
    annotations = {INITIAL_EVENTS_END: "true"} if listed else {}
    meta = {"resourceVersion": str(version), "annotations": annotations}
    return line("BOOKMARK", {"metadata": meta})


def failed(code: int, message: str = "no") -> bytes:
    """Give the line of a watch that failed."""
    return line("ERROR", {"kind": "Status", "code": code, "message": message})


def refusal(code: int, message: str = "no", **headers: str) -> httpx2.Response:
    """Give an answer that is an error."""
    body = {"kind": "Status", "message": message, "code": code}
    return httpx2.Response(code, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def page(version: int, *items: dict[str, object], more: str = "") -> httpx2.Response:
    """Give a page of a list."""
    meta = {"resourceVersion": str(version), "continue": more}
    return httpx2.Response(200, json={"metadata": meta, "items": list(items)})


class _Stream(httpx2.AsyncByteStream):
    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for each in self._lines:
            await anyio.lowlevel.checkpoint()
            if isinstance(each, Exception):
                raise each
            yield each


def stream(*lines: Line) -> httpx2.Response:
    """Give the answer of a watch; an exception is raised where it stands."""
    return httpx2.Response(200, stream=_Stream(lines))


class _Transport(httpx2.AsyncBaseTransport):
    def __init__(self, api: "ScriptedApi") -> None:
        self._api = api

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._api.asked.append(dict(request.url.params))
        self._api.clients_used.append(self._api.clients)
        if not self._api.script:
            self._api.done.set()
            await anyio.sleep_forever()
        answer = self._api.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Waits(Availability):
    """Keeps how long was waited, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    async def pause(self, seconds: float) -> None:
        """Keep the time."""
        self.seconds.append(seconds)
        await anyio.lowlevel.checkpoint()

    async def turn(self) -> None:
        """Send at once."""


@dataclass
class ScriptedApi:
    """Serves the answers of a script, one for each request, then nothing any more."""

    script: list[Answer]
    asked: list[dict[str, str]] = field(default_factory=list)
    clients: int = 0
    clients_used: list[int] = field(default_factory=list)
    renewals: int = 0
    done: anyio.Event = field(default_factory=anyio.Event)
    waits: Waits = field(default_factory=Waits)
    told: list[tuple[str, str, str]] = field(default_factory=list)
    """What was told of each change: `added`, `modified` or `deleted`, the name, and the version before and after."""
    gaps: list[Gap] = field(default_factory=list)

    def client(self) -> httpx2.AsyncClient:
        """Give a new client."""
        self.clients += 1
        return httpx2.AsyncClient(transport=_Transport(self), base_url="https://api")

    def renew(self) -> None:
        """Count a renewal of the credential."""
        self.renewals += 1

    def follow(
        self,
        kind: Kind[k8s.ConfigMap] = CONFIG_MAPS,
        consume: Callable[[Change[k8s.ConfigMap]], None] | None = None,
        reduced: Callable[[k8s.ConfigMap], k8s.ConfigMap] = lambda item: item,
    ) -> Reflector[k8s.ConfigMap]:
        """Follow until the script ends; give the reflector as it then is."""
        reflector = Reflector(
            kind,
            Scope("x"),
            self,
            consume or self._take,
            availability=self.waits,
            missed=self.gaps.append,
            reduced=reduced,
        )

        async def until_the_end() -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(reflector.run)
                with anyio.fail_after(5):
                    await self.done.wait()
                group.cancel_scope.cancel()

        anyio.run(until_the_end)
        return reflector

    def _take(self, change: Change[k8s.ConfigMap]) -> None:
        meta, before = change.object.metadata, change.before
        if change.deleted:
            self.told.append(("deleted", meta.name, meta.resource_version))
        elif before is None:
            self.told.append(("added", meta.name, meta.resource_version))
        else:
            versions = f"{before.metadata.resource_version} to {meta.resource_version}"
            self.told.append(("modified", meta.name, versions))
