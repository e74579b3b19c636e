"""A stand-in for talosctl: it asks simulated nodes over the Talos API, and prints what talosctl prints.

It takes the commands and options that the checks and the MCP servers use.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, NoReturn, TypeVar

import anyio

from checks.kube.reading import ReadFailure, Reading
from checks.talos.client import GrpcNode, Route, connections
from checks.talos.resources import DIAGNOSTICS, EXTENSIONS
from checks.talos.talosconfig import Talosconfig, load, place
from checks.talos.tls import client_context

T = TypeVar("T")

OWN_VERSION = "v1.13.2"
PORT = 50000
_CODES = {"unreachable": "Unavailable", "timeout": "DeadlineExceeded", "forbidden": "PermissionDenied"}
_RESOURCE = ("NODE", "NAMESPACE", "TYPE", "ID", "VERSION")
_MIB, _GB = 1024**2, 10**9


def aligned(rows: Sequence[Sequence[object]]) -> str:
    """Align cells as Go's tabwriter does, with three blanks."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) + 3 for column in zip(*texts, strict=True)]
    return "".join("".join(map(str.ljust, row[:-1], widths)) + f"{row[-1]}\n" for row in texts)


def read(reading: Reading[T]) -> T:
    if isinstance(reading, ReadFailure):
        fail(reading)
    return reading.value


def fail(failure: ReadFailure) -> NoReturn:
    code = _CODES.get(failure.reason.value, "Unknown")
    sys.exit(f"error: rpc error: code = {code} desc = {failure.message}")


async def version(node: GrpcNode, name: str, *, short: bool) -> str:
    client = f"Talos {OWN_VERSION}" if short else f"\tTag:         {OWN_VERSION}\n\tOS/Arch:     linux/amd64"
    tag = read(await node.version())
    return f"Client:\n{client}\nServer:\n\tNODE:        {name}\n\tTag:         {tag}\n\tEnabled:     RBAC\n"


async def services(node: GrpcNode, name: str) -> str:
    health = {True: "OK", False: "Fail", None: "?"}
    rows = [
        (name, one.name, one.state, health[one.healthy], "1m0s ago", one.message or "Health check successful")
        for one in read(await node.services())
    ]
    return aligned([("NODE", "SERVICE", "STATE", "HEALTH", "LAST CHANGE", "LAST EVENT"), *rows])


async def clock(node: GrpcNode, name: str) -> str:
    told, now = read(await node.clock()), datetime.now(UTC)
    times = [f"{at:%Y-%m-%d %H:%M:%S.%f} +0000 UTC" for at in (now + timedelta(seconds=told.ahead), now)]
    return aligned([("NODE", "NTP-SERVER", "NODE-TIME", "NTP-SERVER-TIME"), (name, told.server, *times)])


async def memory(node: GrpcNode, name: str) -> str:
    total = read(await node.memory()) // _MIB
    headings = ("NODE", "TOTAL", "USED", "FREE", "SHARED", "BUFFERS", "CACHE", "AVAILABLE")
    return aligned([headings, (name, total, 1, 1, 1, 1, 1, total - 1)])


async def mounts(node: GrpcNode, name: str) -> str:
    disk = read(await node.disk())
    size, free = disk.size / _GB, disk.available / _GB
    headings = ("NODE", "FILESYSTEM", "SIZE(GB)", "USED(GB)", "AVAILABLE(GB)", "PERCENT USED", "MOUNTED ON")
    data = (name, "/dev/vda6", f"{size:.2f}", f"{size - free:.2f}", f"{free:.2f}", "50.00%", "/var")
    return aligned([headings, (name, "tmpfs", "0.07", "0.00", "0.07", "0.00%", "/dev"), data])


async def members(node: GrpcNode, name: str) -> str:
    rows = [
        (
            name,
            f"{one.id:016x}",
            one.name,
            _url(one.addresses, 2380),
            _url(one.addresses, 2379),
            str(one.learner).lower(),
        )
        for one in read(await node.etcd_members())
    ]
    return aligned([("NODE", "ID", "HOSTNAME", "PEER URLS", "CLIENT URLS", "LEARNER"), *rows])


def _url(addresses: frozenset[str], port: int) -> str:
    return ",".join(f"https://{address}:{port}" for address in addresses)


async def status(node: GrpcNode, name: str) -> str:
    told = read(await node.etcd_status())
    headings = ("NODE", "MEMBER", "DB SIZE", "IN USE", "LEADER", "RAFT INDEX", "LEARNER", "ERRORS")
    size, used = told.size / _MIB, told.used / _MIB
    sizes = (f"{size:.0f} MB", f"{used:.0f} MB ({100 * used / size:.2f}%)")
    ids = (f"{told.member:016x}", f"{told.leader:016x}")
    return aligned([headings, (name, ids[0], *sizes, ids[1], 53391, "false", ", ".join(told.errors))])


async def alarms(node: GrpcNode, name: str) -> str:
    rows = [(name, f"{one.member:016x}", one.kind) for one in read(await node.etcd_alarms())]
    return aligned([("NODE", "MEMBER", "ALARM"), *rows]) if rows else ""


async def kubeconfig(node: GrpcNode, _: str) -> str:
    return read(await node.kubeconfig()).decode()


async def extensions(node: GrpcNode, name: str, *, output: str) -> str:
    rows = [
        (name, "runtime", "ExtensionStatus", f"{one}.sqsh", 1, one, "v0.2.0") for one in read(await node.extensions())
    ]
    return aligned([(*_RESOURCE, "NAME", "VERSION"), *rows])


async def diagnostics(node: GrpcNode, name: str, *, output: str) -> str:
    found = read(await node.diagnostics())
    if found is None:
        sys.exit(f'error: rpc error: code = NotFound desc = resource "{DIAGNOSTICS}" is not registered')
    if output == "table":
        rows = [(name, "runtime", "Diagnostic", one.id, 1, one.message) for one in found]
        return aligned([(*_RESOURCE, "MESSAGE"), *rows])
    documents = (
        {
            "metadata": {"namespace": "runtime", "type": DIAGNOSTICS, "id": one.id, "version": 1, "phase": "running"},
            "node": name,
            "spec": {"details": list(one.details), "message": one.message},
        }
        for one in found
    )
    return "".join(json.dumps(document, indent=4) + "\n" for document in documents)


COMMANDS: dict[str, Callable[..., Any]] = {
    "version": version, "services": services, "service": services, "time": clock, "memory": memory, "mounts": mounts,
    "etcd members": members, "etcd status": status, "etcd alarm list": alarms, "kubeconfig -": kubeconfig,
    f"get {EXTENSIONS}": extensions, f"get {DIAGNOSTICS}": diagnostics,
}  # fmt: skip


def parsed(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser()
    parser.add_argument("command", nargs="+")
    for option in ("--talosconfig", "--context", "--endpoints"):
        parser.add_argument(option)
    parser.add_argument("-n", "--nodes")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--client", action="store_true")
    parser.add_argument("--merge")
    parser.add_argument("-o", "--output", default="table", choices=["table", "json"])
    return parser.parse_intermixed_args(arguments)


def route(config: Talosconfig, endpoints: str | None, node: str) -> Route:
    given = [tuple(one.rsplit(":", 1)) for one in endpoints.split(",")] if endpoints else config.hosts(PORT)
    hosts = [(host, int(port)) for host, port in given]
    direct = next((one for one in hosts if one[0] == node), None)
    return Route(*direct) if direct else Route(*hosts[0], node)


async def output(arguments: Sequence[str]) -> str:
    """Give what talosctl prints.

    Raises:
        SystemExit: it fails, with this text.
    """
    given = parsed(arguments)
    if given.client:
        return f"Client:\nTalos {OWN_VERSION}\n"
    config = load(Path(given.talosconfig) if given.talosconfig else place(None), given.context)
    to = route(config, given.endpoints, given.nodes)
    with connections(client_context(config)) as connected:
        node = await connected.node(to)
        if isinstance(node, ReadFailure):
            fail(node)
        name = " ".join(given.command)
        options = {"short": given.short} if name == "version" else {}
        if given.command[0] == "get":
            options = {"output": given.output}
        text: str = await COMMANDS[name](node, given.nodes, **options)
    return text


class _Handler(StreamRequestHandler):
    """Answers a program with its exit code, what it prints, and its error."""

    def handle(self) -> None:
        try:
            answer = 0, anyio.run(output, json.loads(self.rfile.readline())), ""
        except SystemExit as error:
            answer = 1, "", str(error)
        self.wfile.write(json.dumps(answer).encode())


_PROGRAM = """#!{python} -IS
import json, socket, sys
way = socket.socket(socket.AF_UNIX)
way.connect({place!r})
way.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
code, out, err = json.load(way.makefile())
print(out, end="")
print(err, end="", file=sys.stderr)
sys.exit(code)
"""


@contextmanager
def installed(folder: Path) -> Iterator[Path]:
    """Write the program `talosctl` into a folder. This process answers it, because it would be slow to start."""
    file = folder / "talosctl"
    with TemporaryDirectory() as short:
        place = f"{short}/talosctl"
        file.write_text(_PROGRAM.format(python=sys.executable, place=place))
        file.chmod(0o755)
        with ThreadingUnixStreamServer(place, _Handler) as server:
            thread = Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield file
            finally:
                server.shutdown()
                thread.join()
