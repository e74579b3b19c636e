"""Stack files that cannot be read at all."""

from pathlib import Path

import pytest

from stacks.errors import DeclarationError
from stacks.loader import load


def refusal(stack: str, root: Path) -> str:
    with pytest.raises(DeclarationError) as raised:
        load(stack, root)
    return str(raised.value)


def test_unknown_stack_lists_the_known(tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.edge.eu.yaml"):
        (tmp_path / name).touch()
    assert refusal("prd", tmp_path) == (
        f"no stack 'prd': Pulumi.prd.yaml is not in {tmp_path}; the stacks here are edge.eu, prod"
    )


def test_folder_without_stacks_says_where_to_go(tmp_path: Path) -> None:
    assert refusal("prod", tmp_path) == (
        f"no stack 'prod': Pulumi.prod.yaml is not in {tmp_path}; run this in the project's folder"
    )


@pytest.mark.parametrize("stack", ["../prod", "", "a b"])
def test_stack_names_are_no_paths(stack: str, tmp_path: Path) -> None:
    assert refusal(stack, tmp_path) == f"{stack!r} is not a stack name: use letters, digits, '-', '_' and '.'"


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").mkdir()
    assert refusal("prod", tmp_path) == (
        "Pulumi.prod.yaml: cannot be read (Is a directory): correct the file or its permissions"
    )


def test_other_encodings_are_named(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_bytes("# größe".encode("latin-1"))
    assert refusal("prod", tmp_path) == "Pulumi.prod.yaml: is not UTF-8 text: save it as UTF-8"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config: [", "not valid YAML at line 1, column 10: expected the node content, but found '<stream end>'"),
        (
            "config:\n\tcortex:cluster: x",
            "not valid YAML at line 2, column 1: found character '\\t' that cannot start any token",
        ),
        ("config: a: b", "not valid YAML at line 1, column 10: mapping values are not allowed here"),
        ("config: {}\nconfig: {}", "not valid YAML at line 2, column 1: 'config' is written twice"),
        (
            "config:\n  cortex:servers:\n    time: {}\n    time: {}",
            "not valid YAML at line 4, column 5: 'time' is written twice",
        ),
        (
            "config: !!python/name:a.b {}",
            "not valid YAML at line 1, column 9: an unknown tag: write a text that begins with '!' in quotes",
        ),
        ("config: {x: 2026-02-31}", "not valid YAML: day is out of range for month"),
        ("config: \x00", "not valid YAML: unacceptable character #x0000: special characters are not allowed"),
        ("", "has no 'config:' section: declare the cluster there under cortex:cluster"),
        ("encryptionsalt: x", "has no 'config:' section: declare the cluster there under cortex:cluster"),
        ("config: text", "has no 'config:' section: declare the cluster there under cortex:cluster"),
        ("- list", "has no 'config:' section: declare the cluster there under cortex:cluster"),
    ],
)
def test_broken_files_say_where(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(text, encoding="utf-8")
    assert refusal("prod", tmp_path) == f"Pulumi.prod.yaml: {message}"


def test_settings_of_other_projects_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(
        """
        config:
          cortex:cluster: {context: prod, environment: production}
          cortex:namespaces:
            cortex-system: {component: system, description: Core}
          secrets:token: {secure: v1:abc}
          kubernetes:context: other
        encryptionsalt: v1:abc
        """,
        encoding="utf-8",
    )
    assert load("prod", tmp_path).cluster.context == "prod"
