"""Every code of the catalogue is provoked by a test."""

from checks.results.catalogue import catalogue
from tests.conftest import ROOT


def test_every_code_is_in_a_test() -> None:
    tests = [file.read_text(encoding="utf-8") for file in (ROOT / "tests" / "checks").rglob("test_*.py")]
    assert [code for code in catalogue() if not any(f'"{code}"' in test for test in tests)] == []
