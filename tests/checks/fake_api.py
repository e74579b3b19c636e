"""An HTTP server on loopback that plays the API server: it serves a World in pages, and misbehaves where told."""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from checks.kube.client import Kind
from checks.kube.resources import CLUSTER_WIDE, NAMESPACED, NODES, PODS
from checks.rbac.requests import Request
from tests.checks import fake_patch
from tests.checks.fake_forward import forward
from tests.checks.healthy import groups
from tests.checks.world import Json, World


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    forward: bool = False
    """Whether the connection becomes the way to a CoreDNS pod."""
    drop: bool = False
    """Whether the connection is closed instead, as where a NetworkPolicy does not admit the client."""


def status(code: int, message: str, **headers: str) -> Answer:
    """Give a Kubernetes Status."""
    body = json.dumps({"kind": "Status", "apiVersion": "v1", "message": message, "code": code}).encode()
    return Answer(code, body, {"Content-Type": "application/json", **headers})


def html() -> Answer:
    """Give a web page, as a login portal would."""
    return Answer(200, b"<html>Sign in</html>", {"Content-Type": "text/html"})


@dataclass
class FakeApi:
    """The running server. `faults` maps a path to the answers given in its stead, in turn, the last one for ever."""

    world: World
    url: str = ""
    page_size: int = 500
    faults: dict[str, list[Answer]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    queries: list[dict[str, str]] = field(default_factory=list)
    authorizations: set[str | None] = field(default_factory=set)
    applied: list[tuple[dict[str, str], Json]] = field(default_factory=list)
    """The query and the object of each server-side apply that was not refused."""
    tokens: list[tuple[str, Json]] = field(default_factory=list)
    tokens_expire: str = "2026-01-01T13:00:00Z"
    """The path and the specification of each request for a token."""
    dns_code: int = 0
    dns_error: str = ""
    """What a CoreDNS pod answers: a response code, or an error of the way to it."""
    created: dict[str, Json] = field(default_factory=dict)
    """What was made, by its path."""
    deleted: list[str] = field(default_factory=list)
    """Paths of what was deleted."""
    patched: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    """Path, query and operations of each JSON Patch that was not refused."""
    denied: set[tuple[str, str]] = field(default_factory=set)
    """Verb and resource of the rights that our own account lacks."""
    on_write: Callable[[str], object] = lambda path: None
    """Called with the path before a JSON Patch or a deletion with preconditions."""
    on_create: Callable[[str, Json], object] = lambda path, document: None
    leads: dict[str, str] = field(default_factory=dict)
    """The URL to which requests to a pod go through the pod proxy, by the name of the pod."""
    stopped: Event = field(default_factory=Event)
    on_request: Callable[[str], object] = lambda path: None
    on_accept: Callable[[str, str], object] = lambda path, accept: None

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """Answer a GET."""
        self.requests[path] += 1
        self.on_request(path)
        self.queries.append(query)
        if path in self.faults:
            answers = self.faults[path]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if answer.status:
                return answer
        return self._ordinary(path, query)

    def apply(self, path: str, query: dict[str, str], document: Json) -> Answer:
        """Answer a server-side apply by one manager, which leaves exactly what it applied."""
        self.requests[path] += 1
        if path in self.faults:
            return self.faults[path][0]
        *_, namespace, plural, name = path.split("/")
        there = self.world.objects.get((plural, namespace), [])
        assigned = ("creationTimestamp", "uid", "resourceVersion")
        before: Json = next((item["metadata"] for item in there if item["metadata"]["name"] == name), {})
        meta = {key: before[key] for key in assigned if key in before}
        kept = [item for item in there if item["metadata"]["name"] != name]
        made = {**document, "metadata": {**meta, **document["metadata"]}}
        self.world.objects[plural, namespace] = [*kept, made]
        self.applied.append((query, document))
        return Answer(201, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def patch(self, path: str, query: dict[str, str], operations: Any) -> Answer:
        """Answer a JSON Patch of an object of the world; one that does not apply is refused as a whole."""
        self.requests[path] += 1
        self.on_write(path)
        if path in self.faults:
            return self.faults[path][0]
        if (found := self._find(path)) is None:
            return status(404, "not found")
        changed = json.loads(json.dumps(found))
        if not fake_patch.apply(changed, operations):
            return status(422, "the server rejected our request due to an error in our request")
        changed["metadata"]["resourceVersion"] += "1"
        found.clear()
        found.update(changed)
        self.patched.append((path, query, operations))
        return _json(found)

    def _find(self, path: str) -> Json | None:
        """Give the object of the world at a path."""
        parts = path.split("/")
        plural, name = parts[-2:]
        namespace = parts[-3] if parts[-4] == "namespaces" else ""
        return next((o for o in self.world.objects.get((plural, namespace), []) if o["metadata"]["name"] == name), None)

    def create(self, path: str, document: Json) -> Answer:
        """Answer a review, a request for a token, or the making of an object."""
        self.requests[path] += 1
        if path in self.faults:
            return self.faults[path][0]
        match path.rsplit("/", 1)[-1]:
            case "subjectaccessreviews":
                return _json({"status": {"allowed": self._allows(document["spec"])}}, 201)
            case "selfsubjectaccessreviews":
                asked = document["spec"]["resourceAttributes"]
                return _json({"status": {"allowed": (asked["verb"], asked["resource"]) not in self.denied}}, 201)
            case "selfsubjectreviews":
                return _json({"status": {"userInfo": {"username": "tester", "groups": ["testers"]}}}, 201)
            case "token":
                self.tokens.append((path, document["spec"]))
                ends = {"token": "very-secret-bound-token", "expirationTimestamp": self.tokens_expire}
                return _json({"status": ends}, 201)
        if "/proxy/" in path:
            return status(503, "no endpoints available for service")
        self.created[f"{path}/{document['metadata']['name']}"] = document
        self.on_create(path, document)
        return Answer(201, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def _allows(self, spec: Json) -> bool:
        asked = dict(spec["resourceAttributes"])
        subresource = asked.pop("subresource")
        resource = f"{asked.pop('resource')}/{subresource}" if subresource else asked.pop("resource")
        return self.world.permits(spec.get("user", ""), spec.get("groups", []), Request(**asked, resource=resource))

    def delete(self, path: str, options: Json) -> Answer:
        """Answer a deletion; one with preconditions of an object of the world."""
        self.requests[path] += 1
        if seen := options.get("preconditions"):
            return self._delete_seen(path, seen)
        self.deleted.append(path)
        return _json({"kind": "Status"}) if path in self.created else status(404, "not found")

    def _delete_seen(self, path: str, seen: Json) -> Answer:
        self.on_write(path)
        if path in self.faults:
            return self.faults[path][0]
        if (found := self._find(path)) is None:
            return status(404, "not found")
        if any(found["metadata"][key] != value for key, value in seen.items()):
            return status(409, "Precondition failed")
        for objects in self.world.objects.values():
            objects[:] = [one for one in objects if one is not found]
        self.deleted.append(path)
        return _json({"kind": "Status"})

    def _ordinary(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/version":
            return _json({"gitVersion": "v1.34.4"})
        if path.endswith("/portforward"):
            return Answer(forward=True)
        if path in _PREFIXES:
            return _json({"resources": list(_served(path))})
        if path == "/apis":
            versions = [{"groupVersion": version} for version in sorted(groups(self.world.declaration))]
            return _json({"groups": [{"versions": versions}]})
        if path.startswith("/apis/metrics.k8s.io"):
            return self._live_usage(path)
        return self._objects(path, query)

    def _live_usage(self, path: str) -> Answer:
        """Answer as a metrics-server of which every pod uses 1m and 1Mi, where the world has such a thing."""
        if not self.world.tells_usage:
            return status(404, "the server could not find the requested resource")
        if path == "/apis/metrics.k8s.io":
            return _json({"kind": "APIGroup", "versions": [{"groupVersion": "metrics.k8s.io/v1beta1"}]})
        usage = {"containers": [{"name": "main", "usage": {"cpu": "1000000n", "memory": "1024Ki"}}]}
        pods = self._listed("pods", path.split("/")[5] if "/namespaces/" in path else "", "")
        return _json({"kind": "PodMetricsList", "items": [{"metadata": pod["metadata"], **usage} for pod in pods]})

    def _objects(self, path: str, query: dict[str, str]) -> Answer:
        parts = path.strip("/").split("/")
        parts = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = parts[1] if parts[0] == "namespaces" and len(parts) > 1 else ""
        plural, *name = parts[2:] if namespace else parts
        items = self._listed(plural, namespace, query.get("labelSelector", ""))
        if name:
            found = [item for item in items if item["metadata"]["name"] == name[0]]
            return _json(found[0]) if found else status(404, f"{plural} {name[0]!r} not found")
        start = int(query.get("continue", "0"))
        end = start + (min(self.page_size, int(query["limit"])) if "limit" in query else len(items))
        more = {"continue": str(end)} if end < len(items) else {}
        return _json({"kind": "List", "metadata": more, "items": items[start:end]})

    def _listed(self, plural: str, namespace: str, selector: str) -> list[Json]:
        """Give the objects of one namespace, or of all, that a selector selects.

        Its terms are `label=value`, `label`, `!label` and `label in (value, …)`.
        """
        spaces = [key for key in self.world.objects if key[0] == plural and namespace in ("", key[1])]
        terms = [term for term in re.split(r",(?![^(]*\))", selector) if term]
        items = [item for space in spaces for item in self.world.objects[space]]
        return [item for item in items if all(_selects(term, item["metadata"].get("labels", {})) for term in terms)]


_KINDS: dict[str, Kind[Any]] = {**CLUSTER_WIDE, **NAMESPACED, "Node": NODES, "Pod": PODS}
_PREFIXES = {f"/{kind.prefix}" for kind in _KINDS.values()}
_POD_PROXY = re.compile(r"/api/v1/namespaces/[^/]+/pods/[a-z]+:([^:]+):\d+/proxy(/.*)")
_OWN_HEADERS = {"authorization", "connection", "content-encoding", "content-length", "host", "transfer-encoding"}
_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


def _served(prefix: str) -> Iterator[Json]:
    """Give the resources of an API group and version, as the API server lists them."""
    for name, kind in _KINDS.items():
        if f"/{kind.prefix}" == prefix:
            namespaced = name not in CLUSTER_WIDE and name != "Node"
            yield {"name": kind.plural, "kind": name, "namespaced": namespaced, "verbs": _VERBS}
    if prefix == "/api/v1":
        yield {"name": "secrets", "kind": "Secret", "namespaced": True, "verbs": _VERBS}
        yield {"name": "pods/exec", "kind": "PodExecOptions", "namespaced": True, "verbs": ["create", "get"]}


def _selects(term: str, labels: Json) -> bool:
    if term.startswith("!"):
        return term[1:] not in labels
    if " in (" in term:
        label, _, values = term.rstrip(")").partition(" in (")
        return labels.get(label) in values.split(", ")
    label, equals, value = term.partition("=")
    return label in labels and (not equals or labels[label] == value)


def ordinary() -> Answer:
    """Stand for the ordinary answer in a list of faults."""
    return Answer(status=0)


def _json(document: Json, code: int = 200) -> Answer:
    return Answer(code, json.dumps(document).encode(), {"Content-Type": "application/json"})


def _give(api: FakeApi, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    if answer.hang:
        api.stopped.wait()
    if answer.hang or answer.drop:
        handler.close_connection = True
    elif answer.forward:
        forward(handler, api.dns_code, api.dns_error)
    else:
        _send(handler, answer)


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.send_response(answer.status)
    for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(answer.body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Otherwise each body waits 40 ms, until the client has acknowledged the headers."""
    api: FakeApi

    def do_GET(self) -> None:
        self.api.on_accept(urlsplit(self.path).path, self.headers["Accept"])
        path, query = self._asked()
        _give(self.api, self, self.api.answer(path, query))

    def do_PATCH(self) -> None:
        path, query = self._asked()
        document = self._document()
        if self.headers["Content-Type"] == "application/json-patch+json":
            _give(self.api, self, self.api.patch(path, query, document))
            return
        if self.headers["Content-Type"] != "application/apply-patch+yaml":
            _send(self, status(415, "not a server-side apply"))
            return
        _send(self, self.api.apply(path, query, document))

    def do_POST(self) -> None:
        path, _ = self._asked()
        if (match := _POD_PROXY.fullmatch(path)) and (url := self.api.leads.get(match[1])):
            _send(self, self._relayed(url + match[2]))
            return
        _send(self, self.api.create(path, self._document()))

    def _relayed(self, url: str) -> Answer:
        """Pass a request on to a pod."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _OWN_HEADERS}
        place = urlsplit(url)
        way = HTTPConnection(place.netloc, timeout=60)
        try:
            way.request("POST", place.path, body, kept)
            answer = way.getresponse()
            told = {name: value for name, value in answer.headers.items() if name.lower() not in _OWN_HEADERS}
            return Answer(answer.status, answer.read(), told)
        finally:
            way.close()

    def do_DELETE(self) -> None:
        path, _ = self._asked()
        _give(self.api, self, self.api.delete(path, self._document()))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _asked(self) -> tuple[str, dict[str, str]]:
        self.api.authorizations.add(self.headers.get("Authorization"))
        url = urlsplit(self.path)
        return url.path, dict(parse_qsl(url.query))

    def _document(self) -> Json:
        document: Json = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        return document


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the traceback of an error, unless the client has closed its connection: it may, at any time."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(world: World) -> Iterator[FakeApi]:
    """Run the server."""
    api = FakeApi(world)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield api
    finally:
        api.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()
