"""The programs of the embedded cluster: built once a user from pinned Go modules, or taken from PATH if they fit."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from local.progress import Progress
from local.tool_builder import ToolBuilder
from local.toolchain import Tool


class ToolFinder:
    """Finds each program: on PATH where one of the pinned version is there, else in the cache, where it builds it."""

    def __init__(self, cache: Path, progress: Progress) -> None:
        self._cache = cache / "tools"
        self._progress = progress

    def ensure(self, tools: Iterable[Tool]) -> dict[str, Path]:
        """Give the path of every program of these tools by its name, building what is missing.

        Raises:
            ToolError: Go is missing, or a build failed.
        """
        found: dict[str, Path] = {}
        missing: dict[Path, Tool] = {}
        for tool in tools:
            folder = self._cache / tool.key()
            here = _on_path(tool) or _complete(folder, tool)
            if here is None:
                missing[folder] = tool
            else:
                found |= here
        if missing:
            ToolBuilder(self._progress).build(missing)
        for folder, tool in missing.items():
            found |= {program: folder / program for program in tool.programs}
        return found


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
