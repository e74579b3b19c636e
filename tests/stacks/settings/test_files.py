"""Files that a stack file extends."""

from pathlib import Path

import pytest

from stacks.errors import DeclarationError
from stacks.settings.files import read_files


def write(folder: Path, extends: str, **bases: str) -> Path:
    path = folder / "Pulumi.prod.yaml"
    path.write_text(f"config:\n  cortex:extends: {extends}\n  cortex:cluster: {{nodes: 3}}\n")
    for name, text in bases.items():
        (folder / f"cortex.{name}.yaml").write_text(text)
    return path


def test_the_files_of_a_chain_come_one_after_the_other(tmp_path: Path) -> None:
    path = write(tmp_path, "base", base="extends: all\nservers: {}\n", all="cluster: {nodes: 1}\n")
    layers = read_files(path)
    assert [layer.source.label for layer in layers] == ["Pulumi.prod.yaml", "cortex.base.yaml", "cortex.all.yaml"]
    assert layers[2].settings == {"cluster": {"nodes": 1}}


@pytest.mark.parametrize(
    ("extends", "bases", "line"),
    [
        (
            "bse",
            {"base": "servers: {}"},
            "Pulumi.prod.yaml: cortex:extends: there is no file cortex.bse.yaml in FOLDER: did you mean 'base'?",
        ),
        (
            "base",
            {},
            "Pulumi.prod.yaml: cortex:extends: there is no file cortex.base.yaml in FOLDER: "
            "create it, or correct the name",
        ),
        (
            "base",
            {"base": "extends: all", "all": "extends: base"},
            "cortex.all.yaml: extends: the files extend each other "
            "(cortex.base.yaml → cortex.all.yaml → cortex.base.yaml): remove one",
        ),
        ("base", {"base": "extends: base"}, "cortex.base.yaml: extends: the files extend each other "
         "(cortex.base.yaml → cortex.base.yaml): remove one"),
        ("[a]", {}, "Pulumi.prod.yaml: cortex:extends: must be a name: `base` is the file cortex.base.yaml"),
        ("base", {"base": "text"}, "cortex.base.yaml: must be a mapping of settings, such as `servers:`"),
        (
            "base",
            {"base": "cortex:servers: {}"},
            "cortex.base.yaml: cortex:servers: this is no stack file: write the settings without cortex:",
        ),
        ("base", {"base": "a: 1\na: 2"}, "cortex.base.yaml: not valid YAML at line 2, column 1: 'a' is written twice"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_extended_is_refused(
    extends: str, bases: dict[str, str], line: str, tmp_path: Path
) -> None:
    with pytest.raises(DeclarationError) as raised:
        read_files(write(tmp_path, extends, **bases))
    assert str(raised.value) == line.replace("FOLDER", str(tmp_path))
