"""The public API of `stacks` and `checks` is what docs/api.md shows, and is imported only when it is used."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from tests.checks.fake_api import serve
from tests.checks.world import SETTINGS, World, declared

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "api.md").read_text()


@pytest.mark.parametrize("name", ["checks", "stacks"])
def test_all_exported_names_are_documented_and_there(name: str) -> None:
    package = import_module(name)
    assert package.__all__ == sorted(package.__all__)
    assert set(re.findall(rf"`{name}\.(\w+)", DOCUMENT)) == set(package.__all__)
    for exported in package.__all__:
        value = getattr(package, exported)
        assert value.__name__ == exported
        assert value.__module__.partition(".")[0] == name
        assert value.__doc__, exported


@pytest.mark.parametrize("name", ["checks", "stacks"])
def test_other_names_are_not_there(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'nothing'"):
        _ = import_module(name).nothing


def test_reading_a_declaration_and_verifying_need_no_pulumi() -> None:
    program = (
        "import sys, checks, stacks\n"
        "early = {'anyio', 'pydantic', 'kubernetes'} & set(sys.modules)\n"
        "stacks.load, stacks.Declaration, checks.verify, checks.from_kubeconfig\n"
        "sys.exit(f'imported {early}' if early or 'pulumi' in sys.modules else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_example_of_the_document_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    settings = {**SETTINGS, "servers": {}, "configMaps": {}}
    settings["cluster"] = {**SETTINGS["cluster"], "nodes": 3}
    stack = {"config": {f"cortex:{key}": value for key, value in settings.items()}}
    (tmp_path / "Pulumi.prod.yaml").write_text(yaml.safe_dump(stack))
    monkeypatch.chdir(tmp_path)
    with serve(World(declared(servers={}, configMaps={}))) as api:
        kubeconfig = {
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": api.url}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
        }
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
        environment = {"KUBECONFIG": str(tmp_path / "kubeconfig"), "PYTHONPATH": str(ROOT), "PATH": ""}
        done = subprocess.run(
            [sys.executable, "-c", example], env=environment, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1, done.stderr
    assert len(done.stdout.splitlines()) > 5
    assert "Traceback" not in done.stderr
