"""Building of tools from their Go modules, two at a time, because downloads and linking leave a core idle."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from local.errors import ToolError
from local.progress import Progress
from local.subprocesses import last_logged, run
from local.toolchain import MODULES, Tool

_AT_A_TIME = 2


class ToolBuilder:
    """Builds tools and reports progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._begun: dict[str, float] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stopped = False

    def build(self, wanted: Mapping[Path, Tool]) -> None:
        """Build each tool into its folder. A folder exists only if its build is complete.

        Raises:
            ToolError: Go is missing, or a build failed, which also ends the other builds.
        """
        names = ", ".join(tool.name for tool in wanted.values())
        if shutil.which("go") is None:
            raise ToolError(
                f"Go is not on PATH, and these have to be built: {names}; install Go 1.26 or newer, or put them on PATH"
            )
        self._progress.say(f"building {names}")
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            pending = {pool.submit(self._one, tool, folder): tool for folder, tool in wanted.items()}
            try:
                self._follow(pending)
            except BaseException:
                self._stop(pending)
                raise

    def _follow(self, pending: dict[Future[float], Tool]) -> None:
        total = len(pending)
        while pending:
            for future in wait(pending, timeout=1).done:
                seconds = future.result()
                self._progress.say(f"built {pending.pop(future).name} in {seconds:.0f} s")
            now = time.monotonic()
            running = ", ".join(f"{name} {now - begun:.0f} s" for name, begun in list(self._begun.items()))
            self._progress.wait(f"building {running} ({total - len(pending)} of {total} built)")

    def _stop(self, pending: Mapping[Future[float], Tool]) -> None:
        self._stopped = True
        for future in pending:
            future.cancel()
        for process in list(self._processes.values()):
            process.terminate()

    def _one(self, tool: Tool, folder: Path) -> float:
        """Build one tool; return the seconds that it took."""
        self._begun[tool.name] = begun = time.monotonic()
        partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
        log = folder.with_name(f"{folder.name}.log")
        try:
            partial.mkdir(parents=True)
            for module in tool.folders():
                self._compile(tool, module, partial, log)
            _finish(tool, partial, log)
            if folder.exists():
                shutil.rmtree(folder)  # it is incomplete, or another process has just built it
            partial.rename(folder)
        except OSError as error:
            raise ToolError(
                f"building {tool.name} failed: {error.strerror} ({error.filename}): free some space or correct the "
                f"permissions of {folder.parent}, then run the same command again"
            ) from error
        finally:
            del self._begun[tool.name]
            shutil.rmtree(partial, ignore_errors=True)
        return time.monotonic() - begun

    def _compile(self, tool: Tool, module: Path, target: Path, log: Path) -> None:
        flags = " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in tool.stamps)])
        command = [
            "go", "build", "-trimpath", "-buildvcs=false", "-tags", ",".join(tool.tags), "-ldflags", flags,
            "-o", f"{target}/", "tool",
        ]  # fmt: skip
        environ = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(command, cwd=module, env=environ, stdout=output, stderr=subprocess.STDOUT)
            self._processes[tool.name] = process
            if self._stopped:
                process.terminate()
            code = process.wait()
            del self._processes[tool.name]
        if code != 0:
            raise ToolError(f"building {tool.name} failed: {last_logged(log)} (full log: {log})")


def _finish(tool: Tool, folder: Path, log: Path) -> None:
    """Rename the programs to their usual names, and check that all exist."""
    for built, called in tool.built_as.items():
        (folder / built).rename(folder / called)
    if tool.name == "pulumi":
        _add_python_executor(folder)
    missing = [program for program in tool.programs if not (folder / program).is_file()]
    if missing:
        raise ToolError(f"the build of {tool.name} did not produce {', '.join(missing)}: see {log}")


def _add_python_executor(folder: Path) -> None:
    """Copy the script that starts Python programs from the SDK module to the folder of the engine."""
    command = ["go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"]
    listed = run(command, ToolError, "go list", cwd=MODULES / "pulumi")
    script = folder / "pulumi-language-python-exec"
    shutil.copyfile(Path(listed.strip()) / "python" / "cmd" / script.name, script)
    script.chmod(0o755)
