"""What a comparison of fields cannot show: a part of the cluster does not do its work, and its row says so."""

import json
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from time import monotonic, sleep

import pytest

from tests.checks.mutations.table import MCP, MEASURING, MONITORING, RIGHTS, ROLLING
from tests.checks.verification.test_verify_live import OF_THE_MOMENT, Stack, drifted, kubectl, verify

pytestmark = pytest.mark.live

SECONDS = 300
TIME, METRICS = ("-n", MCP), ("-n", MONITORING)
PAGE = """
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>Sign in</html>")
    do_POST = do_GET
http.server.ThreadingHTTPServer(("", 8080), Page).serve_forever()
"""
"""A server that answers a page to everything, so that the kubelet is content with it."""

Found = Set[tuple[str, str]]


def found(stack: Stack) -> Found:
    """Give the codes and objects of the findings but those of a busy machine, and the rows that are unknown."""
    _, out = verify(stack, "--format", "json", "--read-only")
    results = json.loads(out)["results"]
    seen = {(f["code"], " ".join(f["object"].values())) for result in results for f in result["findings"]}
    unknown = {("unknown", result["name"]) for result in results if result["unknowns"]}
    return {(code, obj) for code, obj in seen | unknown if code not in OF_THE_MOMENT}


def until(stack: Stack, wanted: Callable[[Found], bool]) -> Found:
    """Verify until it says what is wanted."""
    end = monotonic() + SECONDS
    while not wanted(seen := found(stack)):
        assert monotonic() < end, seen
        sleep(0.5)
    return seen


def expect(stack: Stack, wanted: Found, besides: Set[str] = frozenset()) -> None:
    """Verify until it says these, and nothing but what is true as well; a busy machine makes servers slow."""
    until(stack, lambda seen: wanted <= seen and all(code in besides for code, _ in seen - wanted))


@contextmanager
def mended(stack: Stack, *undo: tuple[str, ...]) -> Iterator[None]:
    """Undo the change, and wait until the stack is as declared again."""
    try:
        yield
    finally:
        for command in undo:
            kubectl(stack, *command)
        until(stack, lambda seen: not seen)


def test_page_in_the_place_of_a_server(stack: Stack) -> None:
    target = ["deployment", "time-mcp-server", *TIME]
    template = json.loads(kubectl(stack, "get", *target, "-o", "json"))["spec"]["template"]["spec"]
    containers = [{**template["containers"][0], "command": ["python3", "-c", PAGE]}]
    # As the first process of a container, Python ignores SIGTERM.
    spec = {"containers": containers, "terminationGracePeriodSeconds": 1}
    with mended(stack), drifted(stack, target, {"spec": {"template": {"spec": spec}}}):
        kubectl(stack, *TIME, "rollout", "status", "deployment/time-mcp-server", f"--timeout={SECONDS}s")
        wanted = {
            ("server.spec", f"Deployment time-mcp-server {MCP}"),
            ("mcp.protocol", f"Service time-mcp-server {MCP}"),
        }
        expect(stack, wanted, ROLLING)


def test_cluster_without_its_dns(stack: Stack) -> None:
    scale = ("-n", "kube-system", "scale", "deployment", "coredns")
    with mended(stack, (*scale, "--replicas=1")):
        kubectl(stack, *scale, "--replicas=0")
        expect(stack, {("dns.down", "Pods k8s-app=kube-dns kube-system")}, {"metrics.outdated"})


def test_metrics_of_an_account_that_may_not_look(stack: Stack) -> None:
    target = ["clusterrole", "kube-state-metrics"]
    restart = (*METRICS, "delete", "pod", "-l", "app=kube-state-metrics")
    rules = json.loads(kubectl(stack, "get", *target, "-o", "json"))["rules"]
    narrow = [{**rule, "resources": [r for r in rule["resources"] if r != "nodes"]} for rule in rules]
    with mended(stack, restart), drifted(stack, target, {"rules": narrow}):
        kubectl(stack, *restart)
        wanted = {
            ("rbac.rules", "ClusterRole kube-state-metrics"),
            ("metrics.blind", f"Service kube-state-metrics {MONITORING}"),
        }
        expect(stack, wanted, {*MEASURING, *RIGHTS, "metrics.family", "unknown"})


def test_container_that_somebody_joined_to_a_pod(stack: Stack) -> None:
    name, image = kubectl(
        stack,
        *TIME,
        "get",
        "pods",
        "-l",
        "mcp.cortex.dev/type=time",
        "-o",
        "jsonpath={.items[0].metadata.name} {.items[0].spec.containers[0].image}",
    ).split()
    with mended(stack, (*TIME, "delete", "pod", name, "--now")):
        debug = ("debug", name, f"--image={image}", "--profile=restricted", "--", "sleep", "600")
        kubectl(stack, *TIME, *debug)
        expect(stack, {("pod.ephemeral-container", f"Pod {name} {MCP}")})
