"""The containers that serve a stdio server from its stock image over HTTP.

No container reaches the standard input and output of another. So the server runs under the program `launch`, which an
init container copies from the bridge's image to a volume, and the bridge connects to it by a Unix socket there.

The bridge is an ordinary container, not a sidecar: the server's container would only start after the startup probe of a
sidecar, which succeeds when the server has initialised. And both get SIGTERM at once, so that running calls can end.
"""

from collections.abc import Sequence

from stacks.manifests import launch
from stacks.manifests.manifest import Value, given
from stacks.manifests.pods import read_only
from stacks.manifests.volumes import SECRET_MODE
from stacks.model import bridge
from stacks.model.launch import FOLDER
from stacks.model.server import Server
from stacks.model.workload import Workload

_SOCKET = f"{FOLDER}/server.sock"
_TOKEN_FOLDER = "/etc/cortex-bridge"  # noqa: S105
_TOKEN = "token"  # noqa: S105


def image(declared: Workload) -> str | None:
    """Return the image of the bridge; None if it has none."""
    return declared.bridge if isinstance(declared, Server) else None


def command(declared: Workload) -> Sequence[str]:
    """Return the command of its own container."""
    return [launch.COPY, "run", _SOCKET, "--", *declared.command] if image(declared) else declared.command


def mounts(declared: Workload) -> list[Value]:
    """Return what its own container mounts for the bridge."""
    return [launch.mount(bridge.VOLUME)] if image(declared) else []


def volumes(declared: Workload) -> list[Value]:
    """Return the volume of both containers, and that of the bridge with the token that it requires."""
    return [launch.volume(bridge.VOLUME), *_token_volume(declared)] if image(declared) else []


def init_containers(declared: Workload) -> list[Value]:
    """Return the init container that copies the program."""
    found = image(declared)
    return [launch.init_container(found, bridge.VOLUME, bridge.RESOURCES)] if found else []


def containers(declared: Workload, endpoint: dict[str, Value]) -> list[Value]:
    """Return the bridge with the port and the probes of `endpoint`."""
    if (found := image(declared)) is None:
        return []
    started: dict[str, Value] = {
        "args": ["--port", str(declared.port), *_options(declared), "--", launch.PROGRAM, "connect", _SOCKET],
        "volumeMounts": [
            read_only(bridge.VOLUME, FOLDER),
            *(read_only(bridge.TOKEN_VOLUME, _TOKEN_FOLDER) for _ in _token_volume(declared)),
        ],
    }
    return [given({**launch.container(bridge.CONTAINER, found, bridge.RESOURCES), **started, **endpoint})]


def _rules(declared: Workload) -> bridge.BridgeRules | None:
    return declared.bridge_rules if isinstance(declared, Server) else None


def _options(declared: Workload) -> list[str]:
    if (rules := _rules(declared)) is None:
        return []
    return [
        *(f"--allow-tool={pattern}" for pattern in rules.allow_tools),
        *(f"--deny-tool={pattern}" for pattern in rules.deny_tools),
        *(f"--allow-host={name}" for name in rules.allow_hosts),
        *([f"--token-file={_TOKEN_FOLDER}/{_TOKEN}"] if rules.require_token else []),
    ]


def _token_volume(declared: Workload) -> list[Value]:
    rules = _rules(declared)
    token = isinstance(declared, Server) and declared.authorization and declared.authorization.bearer
    if not (rules and rules.require_token and token):
        return []
    items: Value = [{"key": token.key, "path": _TOKEN}]
    source: Value = {"secretName": token.secret, "defaultMode": SECRET_MODE, "items": items}
    return [{"name": bridge.TOKEN_VOLUME, "secret": source}]
