"""A mutating admission webhook on this machine that adds a sidecar to what it is asked about."""

import base64
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import yaml

from local.pki import Authority
from local.waiting import wait_until
from tests.conftest import Cluster

NAME = "sidecar"
COMMAND = ["python3", "-c", "import time; time.sleep(3600)"]
SECURE = {"allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}}


@contextmanager
def injecting(stack: Cluster, folder: Path, resource: str, labels: dict[str, str]) -> Iterator[None]:
    """Add a sidecar to each object of a resource (`deployments` or `pods`) with these labels that is written."""
    server = _serve(stack, folder)
    thread = Thread(target=server.serve_forever)
    thread.start()
    group = "apps" if resource == "deployments" else ""
    address = f"https://{server.server_address[0]!s}:{server.server_port}/"
    authority = base64.b64encode((folder / "ca.crt").read_bytes()).decode()
    webhook = {
        "name": "sidecar.cortex.test",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "clientConfig": {"url": address, "caBundle": authority},
        "objectSelector": {"matchLabels": labels},
        "rules": [
            {
                "apiGroups": [group],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": [resource],
                "scope": "Namespaced",
            }
        ],
    }
    kind = "MutatingWebhookConfiguration"
    document = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": NAME}}
    stack.run("kubectl", "create", "-f", "-", given=json.dumps({**document, "webhooks": [webhook]}))
    try:
        assert wait_until(lambda: _is_asked(stack, server, resource, labels), 30)
        yield
    finally:
        stack.run("kubectl", "delete", kind, NAME)
        server.shutdown()
        server.server_close()
        thread.join()


def _is_asked(stack: Cluster, server: "_Server", resource: str, labels: dict[str, str]) -> bool:
    """Change an object in a dry run, and return whether the API server has asked: a new webhook takes it a moment."""
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    place = ("--all-namespaces", "--selector", selector)
    stack.run("kubectl", "annotate", resource, *place, "asked=yes", "--dry-run=server", check=False)
    return server.asked.is_set()


class _Server(ThreadingHTTPServer):
    """The webhook; `asked` says whether the API server has asked it."""

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.asked = Event()


def _serve(stack: Cluster, folder: Path) -> _Server:
    cluster = yaml.safe_load(stack.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((urlsplit(cluster).hostname, 9))
        address = probe.getsockname()[0]
    authority = Authority(folder, "webhook", [address])
    authority.ensure()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority.certificate("server"), authority.key("server"))
    server = _Server((address, 0))
    server.daemon_threads = True
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    return server


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_POST(self) -> None:
        self.server.asked.set()
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        response: dict[str, Any] = {"uid": request["uid"], "allowed": True}
        if patch := _patch(request["object"]):
            response.update(patchType="JSONPatch", patch=base64.b64encode(json.dumps(patch).encode()).decode())
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
        content = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _patch(obj: dict[str, Any]) -> list[dict[str, Any]]:
    path, spec = (
        ("/spec/template/spec", obj["spec"]["template"]["spec"])
        if "template" in obj["spec"]
        else ("/spec", obj["spec"])
    )
    if any(container["name"] == NAME for container in spec["containers"]):
        return []
    sidecar = {"name": NAME, "image": spec["containers"][0]["image"], "command": COMMAND, "securityContext": SECURE}
    return [{"op": "add", "path": f"{path}/containers/-", "value": sidecar}]
