"""Keys of ConfigMaps are compared, and their files are validated."""

import pytest

from checks.config.keys import KeyChange, fault, key_changes, shown


def test_keys_are_compared() -> None:
    assert key_changes({"a": "1", "b": "2", "c": "3"}, {"b": "2", "c": "4", "d": "5"}) == [
        KeyChange("a", "1", None),
        KeyChange("c", "3", "4"),
        KeyChange("d", None, "5"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "wrong"),
    [
        ("features.json", '{"a": 1}', ""),
        ("features.json", "{", "features.json is not JSON: Expecting property name"),
        ("server-config.yaml", "a: 1\n---\nb: 2\n", ""),
        ("server-config.yaml", "a: [", "server-config.yaml is not YAML: while parsing a flow node"),
        ("features.json", "[" * 100_000, "features.json is not JSON that can be read: it is nested too deeply"),
        ("server-config.yaml", "[" * 500, "server-config.yaml is not YAML that can be read: it is nested too"),
        ("server-config.yaml", "a: 2026-13-01", "server-config.yaml is not YAML: month must be in 1..12"),
        ("motd", "{", ""),
    ],
)
def test_files_are_validated_by_their_names(key: str, value: str, wrong: str) -> None:
    assert fault(key, value).startswith(wrong)
    assert bool(fault(key, value)) == bool(wrong)


def test_values_are_shown_on_one_line() -> None:
    assert [shown(value) for value in (None, "a\x1b[31m\n", "a\nb", "ä" * 201)] == [
        "",
        "a [31m",
        "3 bytes",
        "402 bytes",
    ]
