"""Finding the programs of tools: on PATH in the pinned version, else in the user's cache, where they are built."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from local.progress import Progress
from local.tool_builder import ToolBuilder
from local.toolchain import Tool


class ToolFinder:
    """Finds programs, and builds missing ones into the cache."""

    def __init__(self, cache: Path, progress: Progress) -> None:
        self._cache = cache / "tools"
        self._progress = progress

    def ensure(self, tools: Iterable[Tool]) -> dict[str, Path]:
        """Return the path of every program of these tools, by name; build those that are missing.

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
    """Return the programs on PATH if all exist and the first has the pinned version, else None."""
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
