import pytest

from tests.components import golden


@pytest.mark.parametrize("stack", golden.stacks())
def test_manifests_are_the_reviewed_ones(stack: str) -> None:
    """After an intended change: `python -m tests.components.golden`, and review the difference."""
    assert golden.render(stack).splitlines() == golden.path(stack).read_text(encoding="utf-8").splitlines()


def test_every_golden_file_belongs_to_a_stack() -> None:
    assert sorted(path.stem for path in golden.FOLDER.glob("*.yaml")) == golden.stacks()


@pytest.mark.parametrize("stack", golden.stacks())
def test_golden_files_hold_no_secret_value(stack: str) -> None:
    text = golden.path(stack).read_text(encoding="utf-8")
    assert "value of" not in text
    assert "content of" not in text
