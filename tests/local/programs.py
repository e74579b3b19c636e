"""Fake programs, and the tools that tests need."""

from pathlib import Path

from local.toolchain import TOOLS, Tool

PROGRAMS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "kubectl")


def tools(*names: str) -> list[Tool]:
    """Return the tools of these names."""
    return [tool for tool in TOOLS if tool.name in names]


def fake(folder: Path, name: str, script: str) -> None:
    """Write a shell script under the name of a program."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
