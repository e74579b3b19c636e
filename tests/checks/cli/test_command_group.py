"""The group of all commands: our own list is complete, and extensions are imported only when they run."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
import typer

from checks.cli import command_group, commands
from checks.cli.command_list import COMMANDS, Listed

ROOT = Path(__file__).parents[3]
COMMAND = '''"""Feeds the cat.

More about the cat.
"""
import sys
import typer
print("imported", file=sys.stderr)
app = typer.Typer()

@app.command()
def dry(amount: int) -> None:
    """Dry food."""
    typer.echo(f"fed {amount}")

@app.command()
def wet() -> None:
    """Wet food."""
'''


OTHERS = [["feed", "Feeds the cat."], ["lost", "Feeds the cat."]]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    info = tmp_path / "cat-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cat\nVersion: 1.0\nSummary: Feeds the cat.\n")
    (info / "entry_points.txt").write_text("[cortex.commands]\nfeed = catfood:app\nlost = nowhere_to_be_found:app\n")
    (tmp_path / "catfood.py").write_text(COMMAND)
    return tmp_path


def cortex(site: Path, *args: str) -> tuple[int, str, str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(site)])}
    command = [sys.executable, "-m", "checks.cli.main", *args]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_help_lists_it_without_importing_it(site: Path) -> None:
    code, out, err = cortex(site, "--help")
    assert code == 0
    assert re.search(r"feed +Feeds the cat\.", out)
    assert err == ""


def test_it_runs(site: Path) -> None:
    assert cortex(site, "feed", "dry", "3") == (0, "fed 3\n", "imported\n")


def test_every_command_has_a_line_that_fits(site: Path) -> None:
    modules = {f"{commands.__name__}.{module.name}" for module in iter_modules(commands.__path__)}
    assert modules == {command.module for command in COMMANDS} - {"local.cli"}
    _, out, _ = cortex(site, "--help")
    lines = [line.split(maxsplit=1) for line in out.partition("Commands:\n")[2].splitlines()]
    assert lines == [*([command.name, command.summary] for command in COMMANDS), *OTHERS]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_an_application(command: Listed) -> None:
    assert isinstance(import_module(command.module).app, typer.Typer)


def test_a_command_without_its_package_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_group, "find_spec", lambda name: None if name == "local" else True)
    command_group.entries.cache_clear()
    try:
        assert {command.name for command in COMMANDS} - command_group.entries().keys() == {"local"}
    finally:
        command_group.entries.cache_clear()


def test_its_own_help_is_complete(site: Path) -> None:
    code, out, _ = cortex(site, "feed", "--help")
    assert code == 0
    assert "Dry food." in out


def test_one_that_cannot_be_loaded_is_one_sentence(site: Path) -> None:
    code, out, err = cortex(site, "lost")
    assert (code, out) == (3, "")
    assert err.startswith("cortex: the command 'lost' (nowhere_to_be_found:app of cat) cannot be loaded: ")
    assert err.count("\n") == 1
