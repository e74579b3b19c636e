"""A suppression: how its date is written, what it covers, when it ends, and that it is part of the declaration."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from stacks.errors import DeclarationError
from stacks.loader import load, parse
from stacks.model.declaration import Declaration
from stacks.model.suppression import Suppression

SETTINGS = {
    "cluster": {"context": "c", "environment": "e"},
    "namespaces": {"cortex-system": {"component": "c", "description": "d"}},
}


def made(**changes: object) -> Suppression:
    return Suppression.model_validate({"code": "server.image", "reason": "r", "until": "2026-12-01", **changes})


def loaded(root: Path, until: str) -> Suppression:
    """Load a stack file in which the date is written so."""
    text = yaml.safe_dump({"config": {f"cortex:{key}": value for key, value in SETTINGS.items()}})
    text += f"  cortex:suppressions: [{{code: server.*, reason: r, until: {until}}}]\n"
    (root / "Pulumi.s.yaml").write_text(text)
    (one,) = load("s", root).suppressions
    return one


def test_date_in_quotes(tmp_path: Path) -> None:
    one = loaded(tmp_path, "'2026-12-01'")
    assert (one.until, one.object) == (date(2026, 12, 1), "*")


@pytest.mark.parametrize("written", ["2026-12-01", "2026-12-01 00:00:00"])
def test_date_that_pulumi_would_rewrite_is_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        loaded(tmp_path, written)
    assert str(refused.value) == (
        "Pulumi.s.yaml: cortex:suppressions.0.until: put the date in quotes, '2026-12-01': "
        "Pulumi rewrites a date without them"
    )


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
