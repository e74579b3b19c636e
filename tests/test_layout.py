"""The tests mirror the folders of the source tree, and every file of them is short, helpers included."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

TESTS = ROOT / "tests"
MOST_LINES = 400
WHOLE_REPOSITORY = TESTS
"""Tests in this folder itself are about the whole repository."""
OWN_FOLDERS = {TESTS / "provider" / "conformance", TESTS / "extension", TESTS / "leaks", TESTS / "real_world"}
"""Tests of behaviour that no single folder has: of any Kubernetes plugin, of a distribution that extends this one, of
secrets on their way through all of it, and of deployments as people run them."""

FILES = sorted(TESTS.rglob("*.py"))


@pytest.mark.parametrize("folder", sorted({file.parent for file in FILES if file.match("test_*.py")}), ids=str)
def test_folder_exists_in_the_source_tree(folder: Path) -> None:
    mirrored = ROOT / folder.relative_to(TESTS)
    assert folder in {WHOLE_REPOSITORY, *OWN_FOLDERS} or any(mirrored.glob("*.py")), f"{mirrored} has no modules"


@pytest.mark.parametrize("file", [file for file in FILES if file.stem.endswith("_live")], ids=lambda file: file.stem)
def test_files_that_unit_tests_leave_out_have_live_tests_only(file: Path) -> None:
    assert re.search(r"^pytestmark = .*\bpytest\.mark\.live\b", file.read_text(encoding="utf-8"), re.MULTILINE)


def test_files_are_short() -> None:
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert {file for file, count in lines.items() if count > MOST_LINES} == set()
