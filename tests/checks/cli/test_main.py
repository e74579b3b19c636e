"""The `cortex` command: its help, its version, and its usage errors."""

import subprocess
import sys

import pytest

from checks.results.catalogue import catalogue
from tests.checks.cli.project import Project


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["verify", "nosuch"], "no stack 'nosuch'"),
        (["verify"], "which STACK? Name one, for instance `cortex verify local`"),
        (["verify", "test", "--publish"], "--publish needs --in-cluster"),
        (["verify", "test", "--in-cluster"], "omit STACK, --kubeconfig and --context"),
        (["verify", "--in-cluster", "--context", "test"], "omit STACK, --kubeconfig and --context"),
        (["verify", "--in-cluster"], "--in-cluster works only in a pod with a ServiceAccount's token: "),
        (["verify", "test", "--context", "other"], "has no context 'other': it has test"),
        (["verify", "test", "--kubeconfig", "/nonexistent"], "no kubeconfig at /nonexistent"),
        (
            ["verify", "test", "--format", "xml"],
            "--format: 'xml' is not a format: choose from text, json, junit",
        ),
        (["events", "test", "--format", "html"], "--format: 'html' is not a format: choose from text, json\n"),
        (["explain", "server.imag"], "no finding has the code 'server.imag'; did you mean server.image"),
    ],
)
def test_mistakes_are_one_sentence(project: Project, args: list[str], sentence: str) -> None:
    out, err = project.cortex(*args, code=2)
    assert out == ""
    assert sentence in err
    assert err.startswith("cortex: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("args", [["frobnicate"], ["verify", "--no"]])
def test_bad_usage(project: Project, args: list[str]) -> None:
    out, err = project.cortex(*args, code=2)
    assert out == ""
    assert "Usage: cortex" in err


def test_every_code_is_explained(project: Project) -> None:
    for code in ("server.image", "namespace.annotation"):
        out, _ = project.cortex("explain", code, code=0)
        entry = catalogue()[code]
        assert out.startswith(f"{code} ({entry.severity}): {entry.title}\n\n{entry.meaning}\n\nWhat to do (pulumi): ")


def test_help_and_version(project: Project) -> None:
    out, _ = project.cortex("--help", code=0)
    assert all(name in out for name in ("verify", "explain", "version"))
    assert project.cortex("--version", code=0)[0].startswith("cortex ")


def test_help_imports_nothing_heavy(project: Project) -> None:
    script = (
        "import sys; from checks.cli.main import main\n"
        "sys.argv = ['cortex', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'kubernetes', 'mcp', 'pydantic', 'httpx2', 'msgspec', 'rich', 'yaml', 'stacks.model.declaration'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=project.environment(), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
