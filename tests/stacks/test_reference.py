"""The reference of all settings: as committed, and complete."""

import re
from pathlib import Path

from stacks.reference import render
from stacks.schema import model

FILE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_committed_reference_is_that_of_the_model() -> None:
    assert FILE.read_text(encoding="utf-8") == render(), "run `python -m stacks.reference > docs/settings.md`"


def test_every_setting_has_its_row() -> None:
    text = render()
    documented = {name: part for name, part in model()["$defs"].items() if "properties" in part}
    for name, part in documented.items():
        (section,) = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE) == list(part["properties"])


def test_rows_say_type_and_default() -> None:
    rows = render().splitlines()
    assert "| `port` | number from 1 to 65535 | `8080` | The TCP port of container and Service. |" in rows
    assert any(row.startswith("| `image` | text | required | ") for row in rows)
    assert any(row.startswith("| `probes` | [Probes](#probes) | ") for row in rows)
    assert any(row.startswith("| `cortex:servers` | name → [Server](#server) | ") for row in rows)
