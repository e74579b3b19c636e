"""An API server of pods and events alone, over HTTP on loopback: it streams lists, then as many changes as wanted."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench.pods import running

NAMESPACES = 50
_TICK_SECONDS = 0.01
_READY = 2
"""The place of the condition in a pod's status."""
_LISTED = {"k8s.io/initial-events-end": "true"}
_WATCH = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


class ApiServer:
    """Knows so many pods in 50 namespaces; serves in a thread of its own within `with`."""

    def __init__(self, pods: int) -> None:
        self._pods = [running(number) for number in range(pods)]
        self._watches: dict[tuple[str, str], asyncio.StreamWriter] = {}
        self._version = 1_000_000
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self.port = 0

    def __enter__(self) -> "ApiServer":
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig with the context `bench`."""
        named = {"name": "bench"}
        document = {
            "clusters": [{**named, "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{**named, "user": {}}],
            "contexts": [{**named, "context": {"cluster": "bench", "user": "bench"}}],
            "current-context": "bench",
        }
        path.write_text(json.dumps(document))
        return path

    def send(self, changes: int, per_second: int) -> None:
        """Send so many changes: every other one is an event, the rest are transitions of pods."""
        asyncio.run_coroutine_threadsafe(self._send(changes, per_second), self._loop).result()

    async def _listen(self) -> int:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    async def _send(self, changes: int, per_second: int) -> None:
        started, sent = self._loop.time(), 0
        while sent < changes:
            due = min(int((self._loop.time() - started) * per_second), changes)
            batches: dict[asyncio.StreamWriter, list[bytes]] = defaultdict(list)
            for number in range(sent, due):
                writer, line = self._change(number)
                batches[writer].append(line)
            for writer, lines in batches.items():
                writer.write(_chunk(lines))
                await writer.drain()
            sent = due
            await asyncio.sleep(_TICK_SECONDS)

    def _change(self, number: int) -> tuple[asyncio.StreamWriter, bytes]:
        self._version += 1
        pod = self._pods[number // 2 % len(self._pods)]
        space = pod["metadata"]["namespace"]
        if number % 2:
            return self._watches["events", space], _line("MODIFIED", self._event(pod, 1 + number // len(self._pods)))
        pod["metadata"]["resourceVersion"] = str(self._version)
        ready = pod["status"]["conditions"][_READY]
        ready["status"] = "False" if ready["status"] == "True" else "True"
        return self._watches["pods", space], _line("MODIFIED", pod)

    def _event(self, pod: dict[str, Any], count: int) -> dict[str, Any]:
        meta, time = pod["metadata"], "2026-01-01T00:00:00Z"
        name, space, version = meta["name"], meta["namespace"], str(self._version)
        return {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": name, "namespace": space, "uid": f"e{meta['uid']}", "resourceVersion": version},
            "involvedObject": {"kind": "Pod", "name": name, "namespace": space, "uid": meta["uid"]},
            "reason": "Pulled",
            "message": "Container image already present on machine",
            "type": "Normal",
            "count": count,
            "firstTimestamp": time,
            "lastTimestamp": time,
            "source": {"component": "kubelet"},
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                url = urlsplit(head.split(b" ", 2)[1].decode())
                if "watch" not in parse_qs(url.query):
                    body = b'{"gitVersion":"v1.34.0"}'
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                    continue
                *_, space, plural = url.path.split("/")
                writer.write(_WATCH)
                for pod in self._pods if plural == "pods" else ():
                    if pod["metadata"]["namespace"] == space:
                        writer.write(_chunk([_line("ADDED", pod)]))
                        await writer.drain()
                meta = {"resourceVersion": str(self._version), "annotations": _LISTED}
                writer.write(_chunk([_line("BOOKMARK", {"metadata": meta})]))
                self._watches[plural, space] = writer
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or the bench is over
        finally:
            writer.close()


def _line(kind: str, document: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": document}).encode() + b"\n"


def _chunk(lines: Iterable[bytes]) -> bytes:
    data = b"".join(lines)
    return b"%x\r\n%s\r\n" % (len(data), data)
