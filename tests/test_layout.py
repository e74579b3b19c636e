"""The tests mirror the folders of the source tree, and each test file fits into one reading."""

from tests.conftest import ROOT

TESTS = ROOT / "tests"
FILES = sorted(TESTS.rglob("test_*.py"))
MOST_LINES = 400
OF_SEVERAL_FOLDERS = {TESTS}
"""Folders whose tests concern the whole repository."""
TOOLING = {TESTS / "provider" / "conformance"}
"""Folders of tests against a program of others, which have no counterpart in the source tree."""
