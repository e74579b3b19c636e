"""Running other programs, and the last line of their output, which usually has the cause of a failure."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.errors import LocalError


def run(
    command: Sequence[str],
    failure: type[LocalError],
    what: str,
    *,
    given: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a command with `given` as its input, and return its output; `what` names the step in messages.

    Raises:
        LocalError: It fails; the class is `failure`.
    """
    done = subprocess.run(command, input=given, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise failure(f"{what} failed: {last_line(done.stderr, done.stdout)}")
    return done.stdout


def last_line(*texts: str) -> str:
    """Return the last line of the first text that is not empty."""
    for text in texts:
        if lines := text.strip().splitlines():
            return lines[-1].strip()
    return "it printed nothing"


def last_logged(log: Path) -> str:
    """Return the last line of a log file."""
    return last_line(log.read_text(encoding="utf-8", errors="replace"))
