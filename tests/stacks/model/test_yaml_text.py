"""YAML: libyaml and PyYAML give the same, with the messages of PyYAML."""

import pytest
import yaml

from stacks.model.yaml_text import parse_yaml
from tests.conftest import ROOT

LEVELS = 50_000
"""Of so many, libyaml ends the process."""
DEEP = {"flow": "[\n" * LEVELS, "block": "- " * LEVELS}


@pytest.mark.parametrize("file", sorted(ROOT.glob("Pulumi.*.yaml")), ids=lambda file: file.stem)
def test_a_stack_file_is_read_as_pyyaml_reads_it(file: object) -> None:
    text = (ROOT / str(file)).read_text()
    assert parse_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [b", "not valid YAML at line 1, column 6: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\nb: 2\na: 3", "not valid YAML at line 3, column 1: 'a' is written twice"),
        (
            "a: *b",
            "not valid YAML at line 1, column 4: an undefined alias: write a text that begins with '*' in quotes",
        ),
        ("a: 2026-02-31", "not valid YAML: day is out of range for month"),
    ],
    ids=["a bracket", "a key", "an alias", "a date"],
)
def test_a_fault_is_told_in_the_words_of_pyyaml(text: str, told: str) -> None:
    with pytest.raises(ValueError, match="not valid YAML") as caught:
        parse_yaml(text)
    assert str(caught.value) == told


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_a_text_of_many_levels_is_an_error(text: str) -> None:
    with pytest.raises(RecursionError):
        parse_yaml(text)
