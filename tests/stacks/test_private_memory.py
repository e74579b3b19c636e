"""Processes that hold secrets leave no core dump, and hand none of them on to programs that they start."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux protects the memory")

DUMPABLE = "import atexit, ctypes, os, sys; atexit.register(lambda: print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)))"
"""At its end the process prints whether it can be dumped."""
PROGRAM = """
from stacks import __main__ as program, loader

def read(*_):
    print(os.environ.get("PULUMI_CONFIG"))
    sys.exit()

loader.read = read
program.main()
"""
CORTEX = "sys.argv = ['cortex', 'version']; from checks.start import main; main()"
PLUGIN = """
from provider import plugin_process

plugin_process.logging.getLogger = lambda: sys.exit()
plugin_process.serve()
"""


def printed(program: str, **env: str) -> list[str]:
    command = [sys.executable, "-c", f"{DUMPABLE}\n{program}"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_process_can_be_dumped_otherwise() -> None:
    assert printed("") == ["1"]


@pytest.mark.parametrize("program", [CORTEX, PLUGIN], ids=["cortex", "plugin"])
def test_memory_is_not_dumped(program: str) -> None:
    assert printed(program)[-1] == "0"


def test_pulumi_program_keeps_its_configuration_to_itself() -> None:
    assert printed(PROGRAM, PULUMI_CONFIG=json.dumps({"secrets:token": "secret"})) == ["None", "0"]
