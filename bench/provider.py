"""The air-gapped provider against its floor: the same programs on a plugin that gives the same answers at once.

The same answers, since what a plugin answers becomes the engine's state: the engine writes all of it after each step,
so that a floor with smaller answers would be quicker for what the official plugin, too, keeps in the state.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from kubernetes import client, config

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
_RECORDER = """#!{python}
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from provider import plugin_process, server

class Recorder(server.KubernetesProvider):
    def Create(self, r, c):
        answer = super().Create(r, c)
        (Path({answers!r}) / r.type.replace("/", "_")).write_bytes(answer.SerializeToString())
        return answer

plugin_process.KubernetesProvider = Recorder
plugin_process.serve()
"""
_FLOOR = """#!{python}
import signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from importlib.util import find_spec, module_from_spec
# As our plugin does: the packages around the protocol's classes take as long to import as all the rest.
for package in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
    sys.modules[package] = module_from_spec(find_spec(package))
import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2 as pb, provider_pb2_grpc

ANSWERS = {{file.name: file.read_bytes() for file in Path({answers!r}).iterdir()}}

class Floor(provider_pb2_grpc.ResourceProviderServicer):
    def Handshake(self, r, c): return pb.ProviderHandshakeResponse(accept_secrets=True)
    def GetPluginInfo(self, r, c): return plugin_pb2.PluginInfo(version="{version}")
    def CheckConfig(self, r, c): return pb.CheckResponse(inputs=r.news)
    def DiffConfig(self, r, c): return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)
    def Configure(self, r, c): return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True)
    def Check(self, r, c): return pb.CheckResponse(inputs=r.news)
    def Diff(self, r, c): return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)
    def Create(self, r, c):
        answer = pb.CreateResponse.FromString(ANSWERS[r.type.replace("/", "_")])
        answer.id = r.name
        name = r.properties["metadata"]["name"]
        answer.properties["metadata"]["name"] = answer.properties["__inputs"]["metadata"]["name"] = name
        return answer
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
_UP = ("up", "--yes", "--skip-preview")
_DESTROY = ("destroy", "--yes", "--skip-preview")
_NAMESPACE = f"bench-{os.getpid()}"


@dataclass(frozen=True)
class Took:
    """What one command took: seconds on the clock; the plugin's processor time in seconds and most memory in MB."""

    seconds: float
    processor: float
    memory: int


class Contender:
    """One plugin in a Pulumi home of its own, and a project that it serves."""

    def __init__(self, folder: Path, name: str, plugin: Path) -> None:
        self._folder = folder / name
        (self._folder / "state").mkdir(parents=True)
        self._used = self._folder / "used"
        # Without the cache of compiled modules each start of a plugin would compile the packages again.
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        self._env = inherited | {
            "PULUMI_HOME": str(self._folder / "home"), "PULUMI_BACKEND_URL": f"file://{self._folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "bench", "PULUMI_SKIP_UPDATE_CHECK": "true", "BENCH_USED": str(self._used),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true", "BENCH_NAMESPACE": _NAMESPACE,
        }  # fmt: skip
        (self._folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
        (self._folder / "__main__.py").write_text(_PROGRAM)
        measured = _measured(self._folder / "plugin", plugin)
        self.run("plugin", "install", "resource", "kubernetes", plugin_version(), "--file", str(measured))
        self.run("stack", "init", "bench")

    def run(self, *command: str, copies: int = 0) -> Took:
        """Run `pulumi COMMAND` with so many copies of the five objects."""
        self._used.write_text("")
        started = time.perf_counter()
        env = self._env | {"BENCH_COPIES": str(copies)}
        arguments = ["pulumi", *command, "--non-interactive", "--color", "never"]
        done = subprocess.run(arguments, cwd=self._folder, env=env, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        used = [line.split() for line in self._used.read_text().splitlines()]
        memory = max((int(kilobytes) // 1024 for _, kilobytes in used), default=0)
        return Took(seconds, sum(float(processor) for processor, _ in used), memory)


def main() -> None:
    """Print each ratio with its goal; needs the environment of a cluster (`cortex local env`)."""
    with tempfile.TemporaryDirectory() as folder:
        _compare(*_contenders(Path(folder)))
        # `pulumi destroy` of so many would take as long again.
        config.load_kube_config()  # type: ignore[no-untyped-call]
        client.CoreV1Api().delete_namespace(_NAMESPACE)


def _contenders(folder: Path) -> tuple[Contender, Contender]:
    """Our plugin, and one that answers as ours did for one object of each kind."""
    answers = folder / "answers"
    answers.mkdir()
    recorder = Contender(folder, "recorder", _script(folder / "recording", _RECORDER, answers))
    recorder.run(*_UP, copies=1)
    recorder.run(*_DESTROY, copies=1)
    ours = Contender(folder, "ours", write_plugin(folder / "real", Path(sys.executable)))
    return ours, Contender(folder, "floor", _script(folder / "answering", _FLOOR, answers))


def _compare(ours: Contender, floor: Contender) -> None:
    both = (ours, floor)
    starts = [contender.run(*_UP) for contender in both]
    for contender in both:
        contender.run(*_DESTROY)
    ups, previews = [], []
    for _ in range(_RUNS):
        ups.append([contender.run(*_UP, copies=_SMALL) for contender in both])
        previews.append([contender.run("preview", copies=_SMALL) for contender in both])
        for contender in both:
            contender.run(*_DESTROY, copies=_SMALL)
    _print("up of 252 resources", ups, _UP_GOAL)
    _print("no-op preview of 252 resources", previews, _PREVIEW_GOAL)
    large = [contender.run(*_UP, copies=_LARGE) for contender in both]
    _print("up of 2,002 resources", [large], _UP_GOAL)
    # Clocks say nothing of the plugin's growth: the engine writes the whole state after each step.
    small = [statistics.median(pair[i].processor for pair in ups) for i in (0, 1)]
    mine, least = ((large[i].processor - starts[i].processor) / (small[i] - starts[i].processor) for i in (0, 1))
    print(f"the plugin's processor time for each of 2,000 against each of 250 {mine / 8:.2f}", end=" ")
    print(f"/ the floor's {least / 8:.2f} = {mine / least:.2f} (goal {_GROWTH_GOAL:.2f})")
    print(f"the plugin's memory at 2,002 resources {large[0].memory} MB (goal {_MEMORY_GOAL})")


def _print(what: str, pairs: list[list[Took]], goal: float) -> None:
    mine, least = (statistics.median(pair[i].seconds for pair in pairs) for i in (0, 1))
    ratio = statistics.median(one.seconds / other.seconds for one, other in pairs)
    print(f"{what} {mine:.1f} s / floor {least:.1f} s = {ratio:.2f} (goal {goal:.2f})", flush=True)


def _measured(folder: Path, real: Path) -> Path:
    """A plugin's folder: a wrapper that notes what the `real` one used."""
    measure = (
        "import os, resource, signal, subprocess, sys\n"
        f"process = subprocess.Popen([{json.dumps(str(real))}, *sys.argv[1:]])\n"
        "for number in (signal.SIGINT, signal.SIGTERM):\n"
        "    signal.signal(number, lambda n, _: process.send_signal(n))\n"
        "process.wait()\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "with open(os.environ['BENCH_USED'], 'a') as file:\n"
        "    print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=file)\n"
    )
    return _write(folder / PLUGIN, f"#!{sys.executable} -S\n{measure}").parent


def _script(folder: Path, text: str, answers: Path) -> Path:
    root = str(Path(__file__).parents[1])
    filled = text.format(python=sys.executable, version=plugin_version(), answers=str(answers), root=root)
    return _write(folder / PLUGIN, filled)


def _write(plugin: Path, text: str) -> Path:
    plugin.parent.mkdir()
    plugin.write_text(text)
    plugin.chmod(0o755)
    return plugin


if __name__ == "__main__":
    if not shutil.which("pulumi") or "KUBECONFIG" not in os.environ:
        raise SystemExit('the provider\'s bench needs a cluster: eval "$(cortex local env)" first')
    main()
