"""The `cortex` command within this process: a start of Python is dearer than most of what a test asks of it."""

import contextlib
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO
from unittest.mock import patch

from checks.cli import main as cli
from checks.connection import api_server
from tests.checks.patient import forgiving


@dataclass(frozen=True)
class Done:
    """How the command ended, and what it wrote."""

    code: int
    out: str
    err: str


def run(args: Sequence[str], folder: Path, environment: Mapping[str, str], terminal: TextIO | None = None) -> Done:
    """Run the command in a folder; its output goes into files, as a shell would send it."""
    with TemporaryFile("w+", encoding="utf-8") as out, TemporaryFile("w+", encoding="utf-8") as err:
        code = run_into(out, err, args, folder, environment, terminal)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read())
    return Done(code, *texts)


def run_into(
    out: TextIO,
    err: TextIO,
    args: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    terminal: TextIO | None = None,
) -> int:
    """Run the command with these streams, at a terminal or without an input; return its exit code."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.chdir(folder))
        stack.enter_context(patch.dict(os.environ, environment, clear=True))
        for name, value in {"argv": ["cortex", *args], "stdout": out, "stderr": err}.items():
            stack.enter_context(patch.object(sys, name, value))
        stack.enter_context(patch.object(sys, "stdin", terminal or stack.enter_context(Path(os.devnull).open())))
        stack.enter_context(patch.object(api_server, "_threshold", forgiving))
        # Each run adds a handler that drops what libraries log.
        stack.enter_context(patch.object(logging.getLogger(), "handlers", []))
        try:
            cli.main()
        except SystemExit as end:
            # As Python does at its own end: what cannot be written then is an error.
            sys.stdout.flush()
            sys.stderr.flush()
            return end.code if isinstance(end.code, int) else 1
