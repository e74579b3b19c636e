"""The programs of the embedded cluster: built once a user from pinned Go modules, or taken from PATH if they fit."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import ToolError
from local.progress import Progress
from local.versions import KUBERNETES, PULUMI

MODULES = Path(__file__).parent / "tools"

_KUBERNETES_STAMP = "k8s.io/component-base/version."
_MAJOR, _MINOR = KUBERNETES.removeprefix("v").split(".")[:2]


@dataclass(frozen=True)
class Tool:
    """Programs that belong together, and the Go modules under `tools/` that build them into one folder."""

    name: str
    programs: tuple[str, ...]
    modules: tuple[str, ...] = ()
    """The folders under `tools/`; none means the one of the tool's name."""
    built_as: Mapping[str, str] = field(default_factory=dict)
    """What Go calls a program → what everybody else calls it."""
    stamps: tuple[str, ...] = ()
    """Linker flags `-X` that give a program its version."""
    version: tuple[str, str] | None = None
    """Argument and pattern by which the first program shows that the one on PATH fits; all must be there."""


TOOLS = (
    Tool("etcd", ("etcd",), built_as={"server": "etcd"}, version=("--version", r"etcd Version: 3\.6\.")),
    Tool(
        "kubernetes",
        ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"),
        stamps=(
            f"{_KUBERNETES_STAMP}gitVersion={KUBERNETES}",
            f"{_KUBERNETES_STAMP}gitMajor={_MAJOR}",
            f"{_KUBERNETES_STAMP}gitMinor={_MINOR}",
        ),
        version=("--version", rf"Kubernetes {re.escape(KUBERNETES)}\b"),
    ),
    Tool(
        "pulumi",
        # The engine looks for its language host beside itself, and that looks for its executor there.
        ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"),
        modules=("pulumi", "pulumi-language-python"),
        stamps=(f"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={PULUMI}",),
        version=("version", rf"{re.escape(PULUMI)}\b"),
    ),
    Tool(
        "containerd",
        ("containerd", "containerd-shim-runc-v2", "ctr"),
        version=("--version", r"containerd\S* v?2\.2\."),
    ),
    Tool("cni-plugins", ("bridge", "host-local", "loopback", "portmap")),
    Tool("kube-router", ("kube-router",)),
    Tool("coredns", ("coredns",)),
    Tool("metrics-server", ("metrics-server",)),
    Tool("kube-state-metrics", ("kube-state-metrics",)),
    Tool("kwok", ("kwok",)),
)


class Programs:
    """Finds each program: on PATH where one of the pinned version is there, else in the cache, where it builds it."""

    def __init__(self, cache: Path, progress: Progress) -> None:
        self._cache = cache / "tools"
        self._progress = progress

    def ensure(self) -> dict[str, Path]:
        """Give every program's path by its name, building what is missing.

        Raises:
            ToolError: Go is missing, or a build failed.
        """
        found: dict[str, Path] = {}
        missing: list[Tool] = []
        for tool in TOOLS:
            here = _on_path(tool) or _complete(self._folder(tool), tool)
            if here is None:
                missing.append(tool)
            else:
                found |= here
        for number, tool in enumerate(missing, 1):
            found |= self._build(tool, f"{number} of {len(missing)}")
        return found

    def _folder(self, tool: Tool) -> Path:
        digest = hashlib.sha256(f"{tool} {platform.system()} {platform.machine()}".encode())
        for module in _modules(tool):
            for file in ("go.mod", "go.sum"):
                digest.update((module / file).read_bytes())
        return self._cache / f"{tool.name}-{digest.hexdigest()[:16]}"

    def _build(self, tool: Tool, count: str) -> dict[str, Path]:
        if shutil.which("go") is None:
            raise ToolError(
                f"Go is not on PATH, and {tool.name} has to be built: install Go 1.26 or newer, "
                f"or put {', '.join(tool.programs)} on PATH"
            )
        folder = self._folder(tool)
        partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
        log = folder.with_name(f"{folder.name}.log")
        try:
            partial.mkdir(parents=True)
            started = time.monotonic()
            for module in _modules(tool):
                self._progress.say(f"building {module.name} ({count})")
                self._compile(tool, module, partial, log, f"building {module.name} ({count})")
            self._progress.say(f"built {tool.name} in {time.monotonic() - started:.0f} s")
            for built, called in tool.built_as.items():
                (partial / built).rename(partial / called)
            if tool.name == "pulumi":
                _add_python_executor(partial)
            _swap(partial, folder)
        except OSError as error:
            raise ToolError(
                f"building {tool.name} failed: {error.strerror} ({error.filename}): make room or mend the permissions "
                f"of {self._cache}, then run the same command again"
            ) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        found = _complete(folder, tool)
        if found is None:
            raise ToolError(f"building {tool.name} gave no {', '.join(tool.programs)}: see {log}")
        return found

    def _compile(self, tool: Tool, module: Path, target: Path, log: Path, title: str) -> None:
        flags = " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in tool.stamps)])
        command = [
            "go",
            "build",
            "-trimpath",
            "-buildvcs=false",
            "-ldflags",
            flags,
            "-o",
            f"{target}/",
            "tool",
        ]
        with log.open("w", encoding="utf-8") as output:
            environ = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
            started = time.monotonic()
            process = subprocess.Popen(command, cwd=module, env=environ, stdout=output, stderr=subprocess.STDOUT)
            for _ in _until_ended(process):
                self._progress.wait(f"{title} … {time.monotonic() - started:.0f} s")
        if process.returncode != 0:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it printed nothing"]
            raise ToolError(f"building {tool.name} failed: {lines[-1].strip()} (all of it: {log})")


def _modules(tool: Tool) -> list[Path]:
    return [MODULES / name for name in tool.modules or (tool.name,)]


def _until_ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Yield every second until the process has ended; end it if the caller is interrupted."""
    try:
        while True:
            yield
            try:
                process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                continue
            return
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _complete(folder: Path, tool: Tool) -> dict[str, Path] | None:
    paths = {program: folder / program for program in tool.programs}
    return paths if all(path.is_file() for path in paths.values()) else None


def _on_path(tool: Tool) -> dict[str, Path] | None:
    """Give the programs on PATH if all are there and the first shows the pinned version."""
    paths = {program: shutil.which(program) for program in tool.programs}
    if tool.version is None or not all(paths.values()):
        return None
    argument, pattern = tool.version
    try:
        shown = subprocess.run(
            [tool.programs[0], argument], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (
        {program: Path(path).resolve() for program, path in paths.items() if path}
        if re.search(pattern, shown)
        else None
    )


def _add_python_executor(folder: Path) -> None:
    """Put the script that starts Python programs beside the engine: it comes with the engine's SDK module."""
    listed = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"],
        cwd=MODULES / "pulumi", capture_output=True, text=True, check=True,
    )  # fmt: skip
    script = folder / "pulumi-language-python-exec"
    shutil.copyfile(Path(listed.stdout.strip()) / "python" / "cmd" / script.name, script)
    script.chmod(0o755)


def _swap(partial: Path, folder: Path) -> None:
    """Move a finished build into place; what stood there was incomplete, or the same from another process."""
    if folder.exists():
        shutil.rmtree(folder)
    partial.rename(folder)
