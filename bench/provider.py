"""The air-gapped provider against its floor: the same programs on a plugin that answers every call at once."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from provider.install import PLUGIN, plugin_version, write_plugin

_PROGRAM = """
import os
import pulumi, pulumi_kubernetes as k
namespace = os.environ["BENCH_NAMESPACE"]
ns = k.core.v1.Namespace("ns", metadata={"name": namespace})
inside = pulumi.ResourceOptions(depends_on=[ns])
pod = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "none"}]}}
for i in range(int(os.environ["BENCH_COPIES"])):
    meta = {"name": f"bench-{i}", "namespace": namespace}
    k.core.v1.ConfigMap(f"config-map-{i}", metadata=meta, data={"a": str(i)}, opts=inside)
    k.core.v1.Secret(f"secret-{i}", metadata=meta, string_data={"a": str(i)}, opts=inside)
    k.core.v1.ServiceAccount(f"service-account-{i}", metadata=meta, opts=inside)
    k.networking.v1.NetworkPolicy(f"policy-{i}", metadata=meta, spec={"pod_selector": {}}, opts=inside)
    spec = {"replicas": 0, "selector": {"match_labels": {"app": "x"}}, "template": pod}
    k.apps.v1.Deployment(f"deployment-{i}", metadata=meta, spec=spec, opts=inside)
"""
_FLOOR = """#!{python}
import signal, sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec, module_from_spec
# As our plugin does: the packages around the protocol's classes take as long to import as all the rest.
for package in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
    sys.modules[package] = module_from_spec(find_spec(package))
import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2 as pb, provider_pb2_grpc

class Floor(provider_pb2_grpc.ResourceProviderServicer):
    def Handshake(self, r, c): return pb.ProviderHandshakeResponse(accept_secrets=True)
    def GetPluginInfo(self, r, c): return plugin_pb2.PluginInfo(version="{version}")
    def CheckConfig(self, r, c): return pb.CheckResponse(inputs=r.news)
    def DiffConfig(self, r, c): return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)
    def Configure(self, r, c): return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True)
    def Check(self, r, c): return pb.CheckResponse(inputs=r.news)
    def Diff(self, r, c): return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)
    def Create(self, r, c): return pb.CreateResponse(id=r.name, properties=r.properties)
    def Read(self, r, c): return pb.ReadResponse(id=r.id, properties=r.properties, inputs=r.inputs)
    def Update(self, r, c): return pb.UpdateResponse(properties=r.news)
    def Delete(self, r, c): return empty_pb2.Empty()
    def Cancel(self, r, c): return empty_pb2.Empty()

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
server = grpc.server(ThreadPoolExecutor(64))
provider_pb2_grpc.add_ResourceProviderServicer_to_server(Floor(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
signal.sigwait([signal.SIGINT, signal.SIGTERM])
server.stop(None)
"""
_SMALL, _LARGE = 50, 400
_UP_GOAL, _PREVIEW_GOAL, _GROWTH_GOAL, _MEMORY_GOAL = 1.15, 1.1, 1.2, 150
_RUNS = 3


class Contender:
    """One plugin in a Pulumi home of its own, and a project that it serves."""

    def __init__(self, folder: Path, name: str, plugin: Path) -> None:
        self.name, self._folder, self._peak = name, folder / name, folder / name / "peak"
        self._folder.mkdir()
        (self._folder / "state").mkdir()
        home = self._folder / "home"
        # Without the cache of compiled modules each start of a plugin would compile the packages again.
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        self._env = inherited | {
            "PULUMI_HOME": str(home), "PULUMI_BACKEND_URL": f"file://{self._folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "bench", "PULUMI_SKIP_UPDATE_CHECK": "true", "BENCH_PEAK": str(self._peak),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }  # fmt: skip
        (self._folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
        (self._folder / "__main__.py").write_text(_PROGRAM)
        self._pulumi("plugin", "install", "resource", "kubernetes", plugin_version(), "--file", str(plugin))
        self._pulumi("stack", "init", "bench")

    def seconds(self, *command: str, copies: int) -> float:
        """How long `pulumi COMMAND` takes."""
        started = time.perf_counter()
        self._pulumi(*command, copies=copies)
        return time.perf_counter() - started

    def peak(self) -> int:
        """The most memory that a plugin process of this contender used so far, in MB."""
        return max((int(line) for line in self._peak.read_text().split()), default=0) // 1024

    def _pulumi(self, *command: str, copies: int = 0) -> None:
        env = self._env | {"BENCH_COPIES": str(copies), "BENCH_NAMESPACE": f"bench-{os.getpid()}"}
        arguments = ["pulumi", *command, "--non-interactive", "--color", "never"]
        done = subprocess.run(arguments, cwd=self._folder, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)


def main() -> None:
    """Print each ratio with its goal; needs the environment of a cluster (`cortex local env`)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real = write_plugin(folder / "real", Path(sys.executable))
        ours = Contender(folder, "ours", _measured(folder / "ours-plugin", real))
        floor = Contender(folder, "floor", _measured(folder / "floor-plugin", _floor(folder)))
        ups, previews = [], []
        starts = tuple(c.seconds("up", "--yes", "--skip-preview", copies=0) for c in (ours, floor))
        for contender in (ours, floor):
            contender.seconds("destroy", "--yes", "--skip-preview", copies=0)
        for _ in range(_RUNS):
            ups.append(tuple(c.seconds("up", "--yes", "--skip-preview", copies=_SMALL) for c in (ours, floor)))
            previews.append(tuple(c.seconds("preview", copies=_SMALL) for c in (ours, floor)))
            for contender in (ours, floor):
                contender.seconds("destroy", "--yes", "--skip-preview", copies=_SMALL)
        _print("up of 252 resources", ups, _UP_GOAL)
        _print("no-op preview of 252 resources", previews, _PREVIEW_GOAL)
        large = tuple(c.seconds("up", "--yes", "--skip-preview", copies=_LARGE) for c in (ours, floor))
        _print("up of 2,002 resources", [large], _UP_GOAL)
        # The engine writes the whole state after each step: even the floor does not grow in a line.
        small = [statistics.median(pair[i] for pair in ups) for i in (0, 1)]
        mine, least = ((large[i] - starts[i]) / (small[i] - starts[i]) / (_LARGE / _SMALL) for i in (0, 1))
        print(f"a resource of 2,002 / a resource of 252, start aside {mine:.2f} / floor {least:.2f}", end=" ")
        print(f"= {mine / least:.2f} (goal {_GROWTH_GOAL:.2f})")
        print(f"the plugin's memory at 2,002 resources {ours.peak()} MB (goal {_MEMORY_GOAL})")
        for contender in (ours, floor):
            contender.seconds("destroy", "--yes", "--skip-preview", copies=_LARGE)


def _print(what: str, pairs: list[tuple[float, ...]], goal: float) -> None:
    mine, least = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{what} {mine:.1f} s / floor {least:.1f} s = {ratio:.2f} (goal {goal:.2f})", flush=True)


def _measured(folder: Path, real: Path) -> Path:
    """A plugin's folder: a wrapper that notes the memory which the `real` one used."""
    measure = (
        "import os, resource, signal, subprocess, sys\n"
        f"process = subprocess.Popen([{json.dumps(str(real))}, *sys.argv[1:]])\n"
        "for number in (signal.SIGINT, signal.SIGTERM):\n"
        "    signal.signal(number, lambda n, _: process.send_signal(n))\n"
        "process.wait()\n"
        "with open(os.environ['BENCH_PEAK'], 'a') as peak:\n"
        "    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=peak)\n"
    )
    return _write(folder / PLUGIN, f"#!{sys.executable} -S\n{measure}").parent


def _floor(folder: Path) -> Path:
    text = _FLOOR.format(python=sys.executable, version=plugin_version())
    return _write(folder / "floor-real" / PLUGIN, text)


def _write(plugin: Path, text: str) -> Path:
    plugin.parent.mkdir()
    plugin.write_text(text)
    plugin.chmod(0o755)
    return plugin


if __name__ == "__main__":
    if not shutil.which("pulumi") or "KUBECONFIG" not in os.environ:
        raise SystemExit('the provider\'s bench needs a cluster: eval "$(cortex local env)" first')
    main()
