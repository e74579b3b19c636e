"""Presets of other distributions: found by their entry point, and refused with one sentence where they are wrong."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.errors import DeclarationError
from stacks.model.presets.installed import GROUP, installed, read

ROOT = Path(__file__).parents[4]
TRIED_BEFORE = {"kubernetes", "proxmox", "talos", "time"}
"""Presets whose versions the committed stacks name."""
VALID = "transport: http\ncapabilities: {weather: [forecast]}\n"


def distribution(folder: Path, name: str, files: Mapping[str, str], target: str | None = None) -> Distribution:
    """Make a distribution in a folder: a package with these files, and an entry point that names the package."""
    package = name.replace("-", "_")
    for file, text in {"__init__.py": "", **files}.items():
        path = folder / package / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\nown = {target or package}\n")
    (found,) = distributions(name=name, path=[str(folder)])
    return found


def points(*found: Distribution) -> list[EntryPoint]:
    return [point for one in found for point in one.entry_points if point.group == GROUP]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def refusal(*found: Distribution) -> str:
    with pytest.raises(DeclarationError) as raised:
        read(points(*found))
    return str(raised.value)


def test_a_package_folder_provides_a_preset_a_file(folder: Path) -> None:
    acme = distribution(folder, "acme-folder", {"weather.yaml": VALID, "tides.yaml": VALID, "notes.txt": "no preset"})
    found = read(points(acme))
    assert list(found) == sorted([*installed(), "tides", "weather"])
    assert found["weather"].settings == {"transport": "http", "capabilities": {"weather": ["forecast"]}}


@pytest.mark.parametrize("name", installed())
def test_our_presets_say_which_package_they_are_for(name: str) -> None:
    preset = installed()[name]
    assert preset.title
    assert preset.provider == "cortex-on-kubernetes"
    assert name in TRIED_BEFORE or re.search(r"Tried with version \d\S*[.,]( |$)", preset.text.splitlines()[0])


def test_a_mapping_provides_a_preset_an_entry(folder: Path) -> None:
    files = {"__init__.py": f"PRESETS = {{'weather': {VALID!r}}}\n"}
    acme = distribution(folder, "acme-mapping", files, "acme_mapping:PRESETS")
    assert read(points(acme))["weather"].settings == {"transport": "http", "capabilities": {"weather": ["forecast"]}}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("weather", "port: ten\n", "port: must be a whole number"),
        ("weather", "[]", "must be a mapping of settings"),
        ("weather", "", "must be a mapping of settings"),
        ("weather", "a: 1\na: 2\n", "not valid YAML at line 2, column 1: 'a' is written twice"),
        (
            "Weather",
            VALID,
            "'Weather' is not a server type: use at most 52 of a-z, 0-9 and '-', begin with a letter, "
            "end with a letter or digit",
        ),
    ],
)
def test_a_faulty_preset_is_refused(folder: Path, name: str, text: str, sentence: str) -> None:
    acme = distribution(folder, f"acme-faulty-{abs(hash((name, text)))}", {f"{name}.yaml": text})
    assert refusal(acme) == f"preset {name!r} of {acme.name}: {sentence}"


def test_a_file_that_is_not_text_is_refused(folder: Path) -> None:
    acme = distribution(folder, "acme-binary", {})
    (folder / "acme_binary" / "weather.yaml").write_bytes(b"\xff")
    assert refusal(acme).startswith("preset 'weather' of acme-binary: cannot be read as UTF-8 text (")


@pytest.mark.parametrize("name", ["time", "weather"])
def test_a_type_has_one_preset(folder: Path, name: str) -> None:
    one = distribution(folder, f"acme-one-{name}", {f"{name}.yaml": VALID})
    two = distribution(folder, f"acme-two-{name}", {f"{name}.yaml": VALID})
    first = "cortex-on-kubernetes" if name == "time" else one.name
    second = one.name if name == "time" else two.name
    assert refusal(one, two) == (
        f"preset {name!r} is in {first} and in {second}: remove one of them, or give it another name"
    )


def test_an_entry_point_that_names_nothing_is_refused(folder: Path) -> None:
    acme = distribution(folder, "acme-nothing", {}, "acme_nothing.missing")
    assert refusal(acme) == (
        "the presets of acme-nothing cannot be loaded (No module named 'acme_nothing.missing'): "
        "correct its entry point 'own', or uninstall it"
    )


def test_an_entry_point_that_names_something_else_is_refused(folder: Path) -> None:
    acme = distribution(folder, "acme-number", {"__init__.py": "PRESETS = 1\n"}, "acme_number:PRESETS")
    assert refusal(acme) == (
        "the presets of acme-number are a int: let its entry point 'own' name a package with YAML files, "
        "or a mapping of name to YAML text"
    )


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def test_stack_files_and_the_schema_have_the_presets_of_others(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-installed", {"weather.yaml": VALID})
    namespace = {"component": "c", "description": "d"}
    settings: dict[str, Any] = {
        "cortex:cluster": {"context": "c", "environment": "e"},
        "cortex:namespaces": {"cortex-system": namespace, "cortex-mcp": namespace},
        "cortex:servers": {"weather": {"preset": "weather", "image": "registry.test/weather:1", "version": "1.0.0"}},
    }
    (tmp_path / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": settings}), encoding="utf-8")
    code = (
        "from pathlib import Path; from stacks.loader import load; from stacks.schema import document; "
        "print(load('test', Path()).servers['weather'].capabilities); "
        "print('weather' in document()['$defs']['Server']['properties']['preset']['examples'])"
    )
    done = run(tmp_path, "-c", code)
    assert (done.stderr, done.stdout.splitlines()) == (
        "",
        ["{'weather': ('forecast',)}", "True"],
    )


def test_the_command_refuses_a_faulty_preset(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-wrong", {"weather.yaml": "prot: 1\n"})
    done = run(tmp_path, "-m", "checks.cli.main", "schema")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "cortex: preset 'weather' of acme-wrong: prot: is not a known setting: did you mean port?\n"
