"""Read and write objects of the API server: joins pages, limits waits, retries, and returns failures as data."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter, time
from typing import Generic, Literal, TypeVar, cast

import anyio
import httpx2
import msgspec
import stamina

from checks.kube.models import ApiGroups, ListOf, Version
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.kube.transport import timed_out, unreachable

T = TypeVar("T")

PAGE = 500
CONCURRENCY = 8
ATTEMPTS = 4
LONGEST_RETRY_SECONDS = 10.0
REQUEST_SECONDS = 60.0
"""Timeout of a single read, including its pages and retries."""
BUSY = frozenset({429, 500, 502, 503, 504})
LOG_BYTES = 256 * 1024
"""The most that is read of a container's log."""
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
"""The `accept` of a Kind of which only the metadata is requested, so that for example no data of Secrets is sent."""

_JSON, _APPLY, _JSON_PATCH = "application/json", "application/apply-patch+yaml", "application/json-patch+json"


@dataclass(frozen=True)
class Kind(Generic[T]):
    """A kind of object: group and version of its path, plural, type of the decoded objects, and media type."""

    prefix: str
    plural: str
    item: type[T]
    accept: str = _JSON

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the path of one object, or of the list."""
        parts = [self.prefix, *(("namespaces", namespace) if namespace else ()), self.plural, name]
        return "/" + "/".join(part for part in parts if part)

    def page(self) -> type[ListOf[T]]:
        """Return the type of a decoded page of a list."""
        # What this returns is kept by `typing`, and msgspec keeps with it what it knows of the type.
        return cast("type[ListOf[T]]", ListOf[self.item])  # type: ignore[name-defined]

    @property
    def group(self) -> str:
        """Return its API group; empty for the core group."""
        return self.prefix.split("/")[1] if self.prefix.startswith("apis/") else ""

    def resource(self) -> str:
        """Return the resource with its API group, as RBAC rules name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


@dataclass(frozen=True)
class Timed:
    """A timed request: when it was sent (seconds since 1970), how many seconds it took, and its answer."""

    sent: float
    seconds: float
    response: httpx2.Response

    @property
    def refused(self) -> bool:
        """Return whether the API server was too busy to answer."""
        return self.response.status_code in BUSY


class _RefusedError(Exception):
    """An HTTP status other than success."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.status = response.status_code
        self.text = _status_message(response)
        self.retry_after = _seconds(response.headers.get("Retry-After"))


@dataclass(frozen=True)
class _Body:
    """The body of a request, and its media type."""

    document: object
    form: str = _JSON


class ApiClient:
    """A client of the API server. At most CONCURRENCY requests run at a time."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._limiter = anyio.CapacityLimiter(CONCURRENCY)

    async def version(self) -> Reading[Version]:
        """Read the API server's version, which also shows whether it can be reached."""
        return await self._read("read /version", None, lambda: self._get("/version", {}, Version, _JSON))

    async def list(
        self, kind: Kind[T], namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> Reading[tuple[T, ...]]:
        """List the objects of a kind, in one namespace or in all."""
        query = {"limit": str(PAGE), "labelSelector": labels, "fieldSelector": fields}
        query = {name: value for name, value in query.items() if value}
        permission = Permission("list", kind.resource(), namespace)
        return await self._read(
            f"list {kind.plural}" + (f" in namespace {namespace}" if namespace else ""),
            permission,
            lambda: self._pages(kind, namespace, query),
        )

    async def get(self, kind: Kind[T], namespace: str, name: str) -> Reading[T | None]:
        """Read one object; None if it does not exist."""

        async def one() -> T | None:
            try:
                return await self._get(kind.path(namespace, name), {}, kind.item, kind.accept)
            except _RefusedError as refused:
                if refused.status == HTTPStatus.NOT_FOUND:
                    return None
                raise

        permission = Permission("get", kind.resource(), namespace)
        return await self._read(f"get {kind.plural} {namespace}/{name}", permission, one)

    async def log(
        self, namespace: str, pod: str, container: str, *, lines: int, previous: bool = False
    ) -> Reading[tuple[str, ...]]:
        """Read the last lines of a container's log, or of its previous run; of these at most the first LOG_BYTES."""
        query = {
            "container": container,
            "tailLines": str(lines),
            "limitBytes": str(LOG_BYTES),
            **({"previous": "true"} if previous else {}),
        }

        async def text() -> tuple[str, ...]:
            # The answer is text in any case, and a container may write bytes that are not UTF-8.
            content = await self._send("GET", f"/api/v1/namespaces/{namespace}/pods/{pod}/log", query, accept="*/*")
            return tuple(content.decode(errors="replace").removesuffix("\n").split("\n")) if content else ()

        permission = Permission("get", "pods/log", namespace)
        return await self._read(f"read the log of container {container} of pod {namespace}/{pod}", permission, text)

    async def apply(self, kind: Kind[T], namespace: str, name: str, manager: str, document: object) -> Reading[None]:
        """Create or update one object by server-side apply, with force."""

        async def write() -> None:
            query = {"fieldManager": manager, "force": "true"}
            await self._send("PATCH", kind.path(namespace, name), query, _Body(document, _APPLY))

        permission = Permission("patch", kind.resource(), namespace)
        return await self._read(f"apply {kind.plural} {namespace}/{name}", permission, write)

    async def patch(self, kind: Kind[T], namespace: str, name: str, manager: str, operations: object) -> Reading[T]:
        """Change one object by a JSON Patch (RFC 6902), which is atomic, and return the new object."""

        async def write() -> T:
            body = _Body(operations, _JSON_PATCH)
            answer = await self._send("PATCH", kind.path(namespace, name), {"fieldManager": manager}, body)
            return msgspec.json.decode(answer, type=kind.item)

        permission = Permission("patch", kind.resource(), namespace)
        return await self._read(f"patch {kind.plural} {namespace}/{name}", permission, write)

    async def delete_seen(
        self, kind: Kind[T], namespace: str, name: str, preconditions: Mapping[str, str]
    ) -> Reading[None]:
        """Delete an object only if its uid and resourceVersion are as given, and its dependents in the background.

        If the object does not exist or differs, the result is a failure with the HTTP status.
        """

        async def remove() -> None:
            options = {"preconditions": preconditions, "propagationPolicy": "Background"}
            await self._send("DELETE", kind.path(namespace, name), {}, _Body(options))

        permission = Permission("delete", kind.resource(), namespace)
        return await self._read(f"delete {kind.plural} {namespace}/{name}", permission, remove)

    async def ask(self, what: str, path: str, document: object, answer: type[T], permission: Permission) -> Reading[T]:
        """Post an object that is answered, but not stored: a review, or a request for a token."""

        async def send() -> T:
            return msgspec.json.decode(await self._send("POST", path, {}, _Body(document)), type=answer)

        return await self._read(what, permission, send)

    async def timed(self) -> Reading[Timed]:
        """Time one small request. It is not retried, because a retry would hide how long the first attempt took.

        An HTTP error that says that the API server is too busy counts as an answer.
        """

        async def once() -> Timed:
            sent, start = time(), perf_counter()
            response = await self._client.get("/version")
            seconds = perf_counter() - start
            if response.status_code != HTTPStatus.OK and response.status_code not in BUSY:
                raise _RefusedError(response)
            return Timed(sent, seconds, response)

        return await self._read("read /version", None, once)

    async def groups(self) -> Reading[ApiGroups]:
        """Read the served API groups."""
        return await self._read("read /apis", None, lambda: self._get("/apis", {}, ApiGroups, _JSON))

    async def create(self, kind: Kind[T], namespace: str, name: str, document: object) -> Reading[None]:
        """Create one object, which must not exist."""

        async def write() -> None:
            await self._send("POST", kind.path(namespace), {}, _Body(document))

        permission = Permission("create", kind.resource(), namespace)
        return await self._read(f"create {kind.plural} {namespace}/{name}", permission, write)

    async def delete(self, kind: Kind[T], namespace: str, name: str) -> Reading[None]:
        """Delete one object immediately, and its dependents in the background; it need not exist."""

        async def remove() -> None:
            options = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}
            try:
                await self._send("DELETE", kind.path(namespace, name), {}, _Body(options))
            except _RefusedError as refused:
                if refused.status != HTTPStatus.NOT_FOUND:
                    raise

        permission = Permission("delete", kind.resource(), namespace)
        return await self._read(f"delete {kind.plural} {namespace}/{name}", permission, remove)

    async def _pages(self, kind: Kind[T], namespace: str, query: dict[str, str]) -> tuple[T, ...]:
        items: list[T] = []
        path, more = kind.path(namespace), ""
        while True:
            try:
                asked = {**query, "continue": more} if more else query
                page = await self._get(path, asked, kind.page(), kind.accept)
            except _RefusedError as refused:
                if refused.status == HTTPStatus.GONE and more:
                    # The continue token expired between two pages. A list without pages cannot expire.
                    items, more = [], ""
                    query = {name: value for name, value in query.items() if name != "limit"}
                    continue
                raise
            items += page.items or ()
            more = page.metadata.continue_
            if not more:
                return tuple(items)

    async def _get(self, path: str, query: dict[str, str], kind: type[T], accept: str) -> T:
        return msgspec.json.decode(await self._send("GET", path, query, accept=accept), type=kind)

    async def _send(
        self, method: str, path: str, query: dict[str, str], body: _Body | None = None, accept: str = _JSON
    ) -> bytes:
        content = None if body is None else msgspec.json.encode(body.document)
        headers = {"Accept": accept} if body is None else {"Accept": accept, "Content-Type": body.form}
        async for attempt in stamina.retry_context(on=_wait, attempts=ATTEMPTS, timeout=None):
            with attempt:
                response = await self._client.request(method, path, params=query, content=content, headers=headers)
                if not response.is_success:
                    raise _RefusedError(response)
        return response.content

    async def _read(self, what: str, permission: Permission | None, read: Callable[[], Awaitable[T]]) -> Reading[T]:
        async with self._limiter:
            start, status = perf_counter(), None
            try:
                with anyio.fail_after(REQUEST_SECONDS):
                    value = await read()
            except (TimeoutError, httpx2.TimeoutException) as error:
                reason, message = Reason.TIMEOUT, timed_out(error)
            except httpx2.TransportError as error:
                reason, message = Reason.UNREACHABLE, unreachable(error)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                reason = Reason.UNDECODABLE
                message = f"the answer is not what a Kubernetes API server sends: {error}"
            except _RefusedError as refused:
                reason, message = _refusal(refused, permission)
                status = refused.status
            else:
                return Read(value, perf_counter() - start)
            forbidden = permission if reason is Reason.FORBIDDEN else None
            return ReadFailure(what, reason, message, forbidden, perf_counter() - start, status)


def _refusal(refused: _RefusedError, permission: Permission | None) -> tuple[Reason, str]:
    match refused.status:
        case HTTPStatus.UNAUTHORIZED:
            return Reason.UNAUTHORIZED, "the API server rejects the credentials: renew them"
        case HTTPStatus.FORBIDDEN if permission is not None and not _by_admission(refused):
            return Reason.FORBIDDEN, forbidden(permission)
        case HTTPStatus.FORBIDDEN:
            return Reason.FORBIDDEN, refused.text
        case status:
            return Reason.FAILED, f"the API server answered HTTP {int(status)}: {refused.text}"


def _by_admission(refused: _RefusedError) -> bool:
    """Return whether an admission webhook or policy denied the request, which has the same status as RBAC."""
    return any(sign in refused.text for sign in ("denied the request", "denied request"))


def forbidden(permission: Permission) -> str:
    """Return a message about the missing permission."""
    where = f"in namespace {permission.namespace}" if permission.namespace else "cluster-wide"
    return f'the account lacks the verb "{permission.verb}" on "{permission.resource}" {where}: grant it'


def status_message(body: bytes) -> str | None:
    """Return the message of a Kubernetes Status; None if the body is not one."""
    try:
        return msgspec.json.decode(body, type=_KubernetesStatus).message
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


class _KubernetesStatus(msgspec.Struct):
    """A Status object; its required kind distinguishes it from any other JSON."""

    kind: Literal["Status"]
    message: str = ""


def _status_message(response: httpx2.Response) -> str:
    message = status_message(response.content)
    return message if message else f"{response.reason_phrase or 'no message'}"


def _wait(error: Exception) -> bool | float:
    """Return for stamina whether to retry: True for its own backoff, or the seconds of the Retry-After header."""
    if not isinstance(error, _RefusedError) or error.status not in BUSY:
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_RETRY_SECONDS else False


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() else None
