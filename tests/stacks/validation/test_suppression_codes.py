"""The codes that suppressions may name: those of our checks, and those of the checks of other distributions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.results.catalogue import catalogue
from stacks.errors import DeclarationError
from stacks.model.suppression import Suppression
from stacks.validation import suppression_codes

CODE = "team.missing"
SUBJECTS = ", ".join(sorted({code.partition(".")[0] for code in catalogue()}))


def faults(*codes: str) -> list[str]:
    given = {"reason": "r", "until": "2026-12-01"}
    return list(suppression_codes.faults(Suppression.model_validate({"code": code, **given}) for code in codes))


def unknown(code: str) -> str:
    (fault,) = faults(code)
    place, _, hint = fault.partition(f"no finding has the code {code!r}: ")
    assert place == "suppressions.0.code: "
    return hint


def test_each_code_and_each_family_of_the_catalogue_is_known() -> None:
    assert faults(*catalogue(), *(f"{code.partition('.')[0]}.*" for code in catalogue())) == []


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("server.imag", "did you mean server.image?"),
        ("sever.*", "did you mean server.*?"),
        ("qqq.qqq", f"begin it with one of {SUBJECTS}"),
        ("qqq.*", f"begin it with one of {SUBJECTS}"),
    ],
)
def test_what_is_unknown_is_refused_with_what_is_similar(code: str, hint: str) -> None:
    assert unknown(code) == hint


def test_each_unknown_code_has_its_place() -> None:
    assert [fault.partition(":")[0] for fault in faults("a.b", "server.image", "a.*")] == [
        "suppressions.0.code",
        "suppressions.2.code",
    ]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which a distribution is installed that adds a check, so far without its codes."""
    info = tmp_path / "acme_codes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-codes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cortex.checks]\nteam = acme_codes_team:CHECK\n")
    (tmp_path / "acme_codes_team.py").write_text("raise AssertionError('this module must not be imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    suppression_codes.added.cache_clear()
    yield tmp_path
    suppression_codes.added.cache_clear()


def test_codes_of_another_distribution_are_known(site: Path) -> None:
    (site / "codes.yaml").write_text(f"{CODE}: {{}}\n")
    assert faults(CODE, "team.*") == []
    assert unknown("team.mising") == f"did you mean {CODE}?"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (None, "{site}/codes.yaml: No such file or directory"),
        ("[]", "{site}/codes.yaml is not a mapping of codes"),
        ("a: b: c", "not valid YAML at line 1, column 5: mapping values are not allowed here"),
    ],
)
def test_codes_that_cannot_be_read_are_one_sentence(site: Path, text: str | None, cause: str) -> None:
    if text is not None:
        (site / "codes.yaml").write_text(text)
    assert faults("server.image") == [], "a code of our own needs no other distribution"
    with pytest.raises(DeclarationError) as refused:
        faults(CODE)
    assert str(refused.value) == (
        f"the codes of the check 'team' of acme-codes cannot be read ({cause.format(site=site)}): "
        "repair or uninstall it"
    )
