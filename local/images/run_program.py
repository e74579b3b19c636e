"""Running the programs that download the contents of images: Debian packages, wheels, npm packages."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from local.images.errors import ImageError

Run = Callable[..., None]
"""The type of `run`, which tests replace so that they need no programs."""

_PACKAGES = {"mmdebstrap": "apt-get install mmdebstrap", "npm": "apt-get install npm"}
_CAUSE = re.compile(r"^(E:|ERROR:|error:|npm (error|ERR!) (?!code |A complete log))")


def run(arguments: list[str], *, folder: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a program in a folder.

    Raises:
        ImageError: It is missing, or it fails; the message has the cause from its output.
    """
    program = arguments[2] if arguments[1:2] == ["-m"] else Path(arguments[0]).name
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    try:
        done = subprocess.run(
            arguments,
            cwd=folder,
            env=clean | {"LC_ALL": "C.UTF-8"} | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except FileNotFoundError as error:
        way = _PACKAGES.get(program, "put it on PATH")
        raise ImageError(f"{program} is missing, and images are built with it: install it ({way})") from error
    if done.returncode:
        output = done.stdout.decode(errors="replace")
        raise ImageError(f"{program} failed with code {done.returncode}: {_cause(output)}")


def _cause(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    causes = [line for line in lines if _CAUSE.match(line)]
    return (causes or lines or ["it printed nothing"])[-1]
