"""What the documents name is there: paths, modules, links, commands with their options, targets of make, settings."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from checks.cli.command_group import entries
from checks.extensions import load
from stacks.schema import model
from stacks.settings.effective import DEFAULTS
from stacks.settings.files import EXTENDS
from tests.conftest import ROOT

if TYPE_CHECKING:
    from typer._click import Command

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob(".github/**/*.md")])
FOLDERS = "|".join(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")))
PLACEHOLDER = re.compile(r"[A-Z]{2,}|[*<{…]")
"""Part of a path that the reader fills in."""
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
IN_SHELL = ("sh", "console", "yaml")
"""Languages of fenced blocks that have commands."""
BEFORE = re.compile(r"`[^`]+`\s+is\s+(now\s+)?(?=`)")
"""How CHANGELOG.md names a command that had another name before."""

documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@documents
def test_paths_are_there(document: Path) -> None:
    named = {code for code in spans(document) if re.fullmatch(rf"({FOLDERS})/\S*", code)}
    paths = {name for name in named if not PLACEHOLDER.search(name)}
    assert {path for path in paths if not (ROOT / path).exists()} == set()


@documents
def test_modules_are_there(document: Path) -> None:
    modules = {name for line in lines(document) for name in re.findall(r"python\S* -m ([\w.]+)", line)}
    assert {name for name in modules if find_spec(name) is None} == set()


@documents
def test_links_lead_somewhere(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not leads_somewhere(document, link)] == []


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path) if path else document
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(document: Path) -> Iterator[str]:
    """Yield the anchors that headings get."""
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", document.read_text(encoding="utf-8")), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@documents
def test_commands_have_these_names_and_options(document: Path) -> None:
    assert [line for line in lines(document) for words in commands(line) if not runs(words)] == []


def commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each `cortex` command in a line of a shell; after a hash stands a comment."""
    for found in re.findall(r"(?:^|[\s(/\"'])cortex ([^|>;&)]*)", re.sub(r"(^|\s)#.*", "", line)):
        yield found.replace("[", " ").replace("]", " ").strip("\"'").split()


def runs(words: list[str]) -> bool:
    """Return whether there is such a command with such options."""
    name, *rest = words
    if name not in entries():
        return name in ("--help", "--version", "…")
    command = loaded(name)
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        name, *rest = rest
        if name not in command.commands:
            return False
        command = command.commands[name]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    named = {word.partition("=")[0] for word in rest if word.startswith("--")} - {"--", "--help"}
    return named <= options


@cache
def loaded(name: str) -> "Command":
    app = load(entries()[name])
    assert isinstance(app, typer.Typer)
    return get_command(app)


@documents
def test_targets_of_make_are_there(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for line in lines(document) for name in re.findall(r"^make ([a-z-]+)", line)}
    assert named - targets == set()


@documents
def test_settings_are_there(document: Path) -> None:
    named = {path for line in lines(document) for path in re.findall(r"\bcortex:([a-zA-Z][\w.]*)", line)}
    assert {path for path in named if not declared(path.rstrip("."))} == set()


def declared(path: str) -> bool:
    """Return whether the model has a setting of this path; the names of a mapping are the reader's."""
    first, *rest = path.split(".")
    if first in (DEFAULTS, EXTENDS):
        return True
    at = parts(schema()["properties"].get(first))
    for name in rest:
        at = [
            part for one in at for part in parts(one.get("properties", {}).get(name, one.get("additionalProperties")))
        ]
    return bool(at)


def parts(rule: dict[str, Any] | bool | None) -> list[dict[str, Any]]:
    """Return the alternatives of a rule of the schema, without references."""
    if not isinstance(rule, dict):
        return []
    if "$ref" in rule:
        return parts(schema()["$defs"][rule["$ref"].rpartition("/")[2]])
    alternatives = [*rule.get("anyOf", []), *rule.get("oneOf", [])]
    return [part for one in alternatives for part in parts(one)] if alternatives else [rule]


@cache
def schema() -> dict[str, Any]:
    return model()


def spans(document: Path) -> Iterator[str]:
    """Yield what stands in backticks, lines joined."""
    for code in re.findall(r"`([^`]+)`", BEFORE.sub("", FENCE.sub("", document.read_text(encoding="utf-8")))):
        yield " ".join(code.split())


def lines(document: Path) -> Iterator[str]:
    """Yield what may be a command: what stands in backticks, and the lines of fenced blocks."""
    yield from spans(document)
    for language, block in FENCE.findall(document.read_text(encoding="utf-8")):
        if language in IN_SHELL:
            yield from block.splitlines()
