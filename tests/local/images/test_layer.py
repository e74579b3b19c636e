"""Layers are reproducible tar files."""

import io
import tarfile
from pathlib import Path

from local.images.layer import Entry, tree, write
from tests.local.images.fakes import lay


def test_a_layer_is_sorted_and_keeps_permissions(tmp_path: Path) -> None:
    lay(tmp_path / "tree", {"b/two": "2", "a/one": "1"})
    (tmp_path / "tree" / "b" / "two").chmod(0o700)
    written = io.BytesIO()
    write([Entry("z", b"0"), *tree(tmp_path / "tree", "opt")], written)
    with tarfile.open(fileobj=io.BytesIO(written.getvalue())) as tar:
        found = [(member.name, member.mode) for member in tar]
    assert found == [
        ("opt", 0o755),
        ("opt/a", 0o755),
        ("opt/a/one", 0o644),
        ("opt/b", 0o755),
        ("opt/b/two", 0o755),
        ("z", 0o644),
    ]
