"""The committed JSON Schemas."""

import pytest

from checks.cli import schemas


@pytest.mark.parametrize("name", schemas.documents())
def test_committed_schema_is_current(name: str) -> None:
    assert schemas.file(name).read_text() == schemas.schema(name), "run: python -m checks.cli.schemas"
