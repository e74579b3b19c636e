"""A faulty extension ends a command with one sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from checks.errors import UncheckedError
from checks.reactions.handlers import handlers
from tests.extension.installed import ACME, Extended

PYPROJECT = """
[project]
name = "other"
version = "2.0"
description = "Another one."
[project.entry-points."{group}"]
{name} = "{value}"
"""
CHECK = (ACME / "acme_cortex/team/check.py").read_text()
CODES = (ACME / "acme_cortex/team/codes.yaml").read_text()
Files = dict[str, str]


@pytest.fixture
def other(project: Extended, tmp_path: Path) -> Callable[[str, str, str, Files], Extended]:
    """Installs a distribution with one entry point and these files."""

    def install(group: str, name: str, value: str, files: Files) -> Extended:
        source = tmp_path / "other"
        for path, text in {**files, "pyproject.toml": PYPROJECT.format(group=group, name=name, value=value)}.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(text)
        project.install(source)
        return project

    return install


@pytest.mark.parametrize(
    ("group", "name", "value", "files", "sentence"),
    [
        (
            "cortex.checks",
            "x",
            "lost.check:CHECK",
            {},
            "the check 'x' (lost.check:CHECK of other) cannot be found: repair or uninstall it",
        ),
        (
            "cortex.checks",
            "x",
            "x.check:CHECK",
            {"x/check.py": "import nowhere", "x/codes.yaml": CODES},
            "the check 'x' (x.check:CHECK of other) cannot be loaded: No module named 'nowhere': ",
        ),
        (
            "cortex.checks",
            "x",
            "x.check:CHECK",
            {"x/check.py": "CHECK = 1", "x/codes.yaml": CODES},
            "the check 'x' (x.check:CHECK of other) is of type int, not Check",
        ),
        (
            "cortex.checks",
            "x",
            "x.check:CHECK",
            {"x/check.py": CHECK.replace('Check("team"', 'Check("rbac"'), "x/codes.yaml": CODES},
            "the check 'x' (x.check:CHECK of other) has the name of another check, 'rbac': rename it",
        ),
        (
            "cortex.checks",
            "x",
            "x.check:CHECK",
            {"x/check.py": CHECK.replace('{"Namespace"}', '{"Lease"}'), "x/codes.yaml": CODES},
            "the check 'x' (x.check:CHECK of other) needs Lease, which cannot be listed: use a Collector instead",
        ),
        (
            "cortex.checks",
            "x",
            "x.check:CHECK",
            {"x/check.py": CHECK, "x/codes.yaml": CODES.replace("team.missing", "node.count")},
            "the code 'node.count' of the check 'x' (x.check:CHECK of other) exists already: rename it",
        ),
        (
            "cortex.checks",
            "x",
            "x.check:CHECK",
            {"x/check.py": CHECK},
            "the codes of the check 'x' (x.check:CHECK of other) cannot be read: ",
        ),
        (
            "cortex.checks",
            "x",
            "x.check:CHECK",
            {"x/check.py": CHECK, "x/codes.yaml": CODES.replace("warning", "fatal")},
            "the codes of the check 'x' (x.check:CHECK of other) cannot be read: ",
        ),
        (
            "cortex.formats",
            "html",
            "x:write",
            {"x.py": ""},
            "the format 'html' (x:write of other) has the name of another format: rename it",
        ),
        (
            "cortex.commands",
            "verify",
            "x:app",
            {"x.py": ""},
            "the command 'verify' (x:app of other) has the name of another command: rename it",
        ),
    ],
)
def test_a_faulty_extension_is_one_sentence(
    other: Callable[[str, str, str, Files], Extended], group: str, name: str, value: str, files: Files, sentence: str
) -> None:
    out, err = other(group, name, value, files).cortex("verify", "test", code=3)
    assert out == ""
    assert err.startswith(f"cortex: {sentence}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "the format 'x' (x:write of other) cannot be loaded: No module named 'x': repair or uninstall it"),
        ({"x.py": "write = 1"}, "the format 'x' (x:write of other) is of type int, not a function"),
    ],
)
def test_a_faulty_format_is_one_sentence_when_it_is_used(
    other: Callable[[str, str, str, Files], Extended], files: Files, sentence: str
) -> None:
    project = other("cortex.formats", "x", "x:write", files)
    project.cortex("verify", "test", code=0)
    out, err = project.cortex("verify", "test", "--format", "x", code=3)
    assert (out, err) == ("", f"cortex: {sentence}\n")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "the reactor 'BackOff' (x:react of other) cannot be loaded: No module named 'x': "),
        ({"x.py": "react = 1"}, "the reactor 'BackOff' (x:react of other) is of type int, not a function"),
    ],
)
def test_a_faulty_reactor_is_one_sentence(
    other: Callable[[str, str, str, Files], Extended], files: Files, sentence: str
) -> None:
    other("cortex.reactors", "BackOff", "x:react", files)
    with pytest.raises(UncheckedError) as raised:
        handlers()
    assert str(raised.value).startswith(sentence)


def test_two_extensions_of_one_name_are_one_sentence(
    acme: Extended, other: Callable[[str, str, str, Files], Extended]
) -> None:
    other("cortex.formats", "csv", "x:write", {"x.py": ""})
    _, err = acme.cortex("verify", "test", code=3)
    assert err == (
        "cortex: the format 'csv' (acme_cortex.csv_format:write of acme-cortex) and "
        "the format 'csv' (x:write of other) have the same name: uninstall one of them\n"
    )
