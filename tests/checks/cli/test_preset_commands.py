"""The commands `cortex preset list` and `cortex preset show`."""

import json
from pathlib import Path

import pytest

from stacks.model.presets.installed import installed
from tests.checks.cli.project import Project
from tests.checks.reports import validate

OWN = "# A server of weather. For tests.\ntransport: http\ncapabilities: {weather: [forecast]}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path, "http://127.0.0.1:9")
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "weather.yaml").write_text(OWN)
    return project


def test_the_list_has_the_installed_presets_and_those_of_the_project(project: Project) -> None:
    out, err = project.cortex("preset", "list", code=0)
    assert err == ""
    assert [line.split()[0] for line in out.splitlines()] == sorted([*installed(), "weather"])
    assert "weather              A server of weather (presets/weather.yaml)\n" in out


def test_without_a_project_the_list_has_the_installed_presets(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out, _ = project.cortex("preset", "list", code=0, cwd=tmp_path_factory.mktemp("empty"))
    assert [line.split()[0] for line in out.splitlines()] == list(installed())


def test_a_preset_is_shown_with_its_source(project: Project) -> None:
    out, _ = project.cortex("preset", "show", "weather", code=0)
    assert out == f"# preset weather of presets/weather.yaml\n{OWN}"


@pytest.mark.parametrize("args", [["list"], ["show", "time"]])
def test_the_json_follows_its_schema(project: Project, args: list[str]) -> None:
    out, _ = project.cortex("preset", *args, "--format", "json", code=0)
    report = json.loads(out)
    validate(report, report["schema"])
    (time,) = (one for one in report["presets"] if one["name"] == "time")
    assert time["settings"]["transport"] == "stdio"


def test_an_unknown_preset_gets_the_nearest(project: Project) -> None:
    _, err = project.cortex("preset", "show", "tiem", code=2)
    assert err == "cortex: there is no preset 'tiem': did you mean 'time'?\n"
