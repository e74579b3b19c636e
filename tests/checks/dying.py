"""The `cortex` command, but that a signal comes when a new file is about to get the name of an old one, or a full disk.

The variable DIES names the signal and the old file: SIGKILL:test.yaml. FITS is how many bytes of a file can be written.
"""

import os
import resource
import signal
from pathlib import Path

from checks.cli import main as cli
from checks.connection import api_server
from tests.checks.patient import forgiving

NUMBER, NAME = os.environ.get("DIES", ":").split(":")
FITS = int(os.environ.get("FITS", resource.RLIM_INFINITY))
replace = os.replace


def deadly(new: Path, old: Path) -> None:
    if old.name == NAME:
        os.kill(os.getpid(), signal.Signals[NUMBER])
    replace(new, old)


if __name__ == "__main__":
    os.replace = deadly  # type: ignore[assignment]
    api_server._threshold = forgiving
    resource.setrlimit(resource.RLIMIT_FSIZE, (FITS, FITS))
    cli.main()
