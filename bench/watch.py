"""The lines of a watch of pods decoded for the agent, against the official client's `kubernetes.watch.Watch`."""

from collections.abc import AsyncIterator, Iterator

import anyio
import httpx2
from kubernetes.watch import Watch

from bench.pods import watched
from bench.ratio import interleaved
from checks.kube.resources import POD_SUMMARIES
from checks.kube.watch.stream import Scope, watch

COUNT = 5000
GOAL = 30
_CHUNK = 16384
"""As much comes from a connection with TLS at a time."""


def main() -> None:
    """Print how many times faster it is, once both say the same."""
    body = b"".join(watched("MODIFIED", number) for number in range(COUNT))
    chunks = [body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK)]
    assert _ours(chunks) == _theirs(chunks), "the two decoders disagree"
    mine, official = interleaved(lambda: _ours(chunks), lambda: _theirs(chunks))
    print(
        f"watch of {COUNT:,} changes of pods, {len(body) / 1e6:.0f} MB: {mine:.3f} s / kubernetes.watch {official:.2f} "
        f"s: {official / mine:.0f} times faster (goal {GOAL})"
    )


def _ours(chunks: list[bytes]) -> list[tuple[str, str]]:
    async def follow() -> list[tuple[str, str]]:
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=_Body(chunks)))
        # Without loading this machine's certificates, which happens once for a connection and not for a watch.
        async with httpx2.AsyncClient(transport=transport, base_url="http://api", verify=False) as client:
            lines = watch(client, POD_SUMMARIES, Scope(), "1", lambda: None)
            return [(line.object.metadata.name, line.version) async for line in lines if line.object]

    return anyio.run(follow)


def _theirs(chunks: list[bytes]) -> list[tuple[str, str]]:
    official = Watch(return_type="V1Pod")  # type: ignore[no-untyped-call]
    lines = official.stream(_Listing(chunks), timeout_seconds=1)  # type: ignore[no-untyped-call]
    return [(line["object"].metadata.name, line["object"].metadata.resource_version) for line in lines]


class _Body(httpx2.AsyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


class _Listing:
    """Stands for a method of the official client that lists pods, and for its answer."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    def __call__(self, **_: object) -> "_Listing":
        return self

    def stream(self, **_: object) -> Iterator[bytes]:
        """Yield the body as it comes."""
        yield from self._chunks

    def close(self) -> None:
        """Have nothing to close."""

    def release_conn(self) -> None:
        """Have no connection."""


if __name__ == "__main__":
    main()
