"""The answer to a request in an HTTP response: its whole body, or the first event of a stream, which may stay open."""

import httpx2

LARGEST_BYTES = 1024 * 1024
"""Size of an answer, or of an event of a stream, above which it is not read."""


async def first_message(response: httpx2.Response) -> bytes | None:
    """Return the first message of a response; None if it has none, or one that is too large."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > LARGEST_BYTES:
                return None
        return body
    if kind == "text/event-stream":
        async for event in httpx2.EventSource(response, max_event_size=LARGEST_BYTES):
            if event.event == "message" and event.data:
                return event.data.encode()
    return None
