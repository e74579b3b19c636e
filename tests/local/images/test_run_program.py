"""Programs that are missing or fail are reported in one sentence."""

from pathlib import Path

import pytest

from local.images import ImageError
from local.images.debian_layers import python_root
from local.images.layer_cache import LayerCache
from local.images.run_program import run


def test_a_missing_program_is_one_sentence(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError) as caught:
        python_root(LayerCache(tmp_path / "cache"), run)
    told = str(caught.value)
    assert told == ("mmdebstrap is missing, and images are built with it: install it (apt-get install mmdebstrap)")


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("echo working; echo 'E: no such suite' >&2; echo 'I: removing tempdir'; exit 25", "E: no such suite"),
        ("echo 'npm error 404 Not Found'; echo 'npm error A complete log of'; exit 25", "npm error 404 Not Found"),
        ("echo last words; exit 25", "last words"),
        ("exit 25", "it printed nothing"),
    ],
)
def test_a_failing_program_tells_its_cause(tmp_path: Path, script: str, cause: str) -> None:
    with pytest.raises(ImageError) as caught:
        run(["sh", "-c", script], folder=tmp_path)
    assert str(caught.value) == f"sh failed with code 25: {cause}"
