"""A suppression: dates as YAML gives them, what it covers, when it ends, and that it is part of the declaration."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from stacks.loader import load, parse
from stacks.model import Declaration
from stacks.suppression import Suppression

SETTINGS = {
    "cluster": {"context": "c", "environment": "e"},
    "namespaces": {"cortex-system": {"component": "c", "description": "d"}},
}


def made(**changes: object) -> Suppression:
    return Suppression.model_validate({"code": "server.image", "reason": "r", "until": "2026-12-01", **changes})


@pytest.mark.parametrize("written", ["2026-12-01", "'2026-12-01'", "!!str 2026-12-01"])
def test_date_with_and_without_quotes(tmp_path: Path, written: str) -> None:
    text = yaml.safe_dump({"config": {f"cortex:{key}": value for key, value in SETTINGS.items()}})
    text += f"  cortex:suppressions: [{{code: server.*, reason: r, until: {written}}}]\n"
    (tmp_path / "Pulumi.s.yaml").write_text(text)
    (one,) = load("s", tmp_path).suppressions
    assert (one.until, one.object) == (date(2026, 12, 1), "*")


@pytest.mark.parametrize(
    ("code", "obj", "covered"),
    [
        ("server.image", "Deployment cortex-mcp/time-mcp-server", True),
        ("server.imagex", "Deployment cortex-mcp/time-mcp-server", False),
        ("server.image", "Deployment cortex-mcp/talos-mcp-server", False),
        ("server.image", "Pod cortex-mcp/time-mcp-server", False),
    ],
)
def test_exact_code_and_pattern_of_objects(code: str, obj: str, covered: bool) -> None:
    assert made(object="Deployment cortex-mcp/time-*").covers(code, obj) is covered


def test_family_and_any_object() -> None:
    assert made(code="server.*").covers("server.label", "Pod a/b")
    assert not made(code="server.*").covers("servers.label", "Pod a/b")


def test_last_day_is_part_of_it() -> None:
    assert not made().ended(date(2026, 12, 1))
    assert made().ended(date(2026, 12, 2))


def test_it_is_part_of_the_declaration_and_survives_publication() -> None:
    entry = {"code": "server.image", "reason": "r", "until": "2026-12-01"}
    plain, accepting = parse(SETTINGS, "s"), parse({**SETTINGS, "suppressions": [entry]}, "s")
    assert plain.digest() != accepting.digest()
    assert Declaration.model_validate_json(accepting.canonical()) == accepting
