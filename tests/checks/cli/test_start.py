"""The `cortex` program: an interrupt while it starts ends it without a traceback."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import builtins, os, signal, sys
from checks import start
signal.signal(signal.SIGINT, {handler})
ordinary = builtins.__import__
def interrupted(name, *args, **options):
    if name == "typer":
        os.kill(os.getpid(), signal.SIGINT)
    return ordinary(name, *args, **options)
builtins.__import__ = interrupted
sys.argv = ["cortex", "version"]
start.main()
"""


@pytest.mark.parametrize(
    ("handler", "code"),
    [("signal.default_int_handler", -signal.SIGINT), ("signal.SIG_IGN", 0)],
    ids=["interrupts end it", "interrupts are ignored"],
)
def test_an_interrupt_while_it_imports(handler: str, code: int) -> None:
    script = SCRIPT.format(handler=handler)
    command = [sys.executable, "-c", script]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (code, "")
