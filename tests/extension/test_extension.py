"""A distribution adds a check, a format, a command, a preset and a reactor to `cortex`, without a fork."""

import csv
import json
import re
from pathlib import Path

from checks.extensions import extensions
from checks.reactions import back_off
from checks.reactions.handlers import handlers
from checks.reactions.reaction import Action, Reaction, Verb
from tests.checks.cli.project import ROOT
from tests.checks.fake_api import FakeApi
from tests.checks.reactions.examples import SPACE, ask, occurred, pod
from tests.extension.installed import ACME, Extended

DOCUMENT = ROOT / "docs" / "extending.md"


def test_all_of_it_is_used(acme: Extended, api: FakeApi) -> None:
    api.world.one("namespaces", "", "cortex-mcp")["metadata"]["labels"]["acme.test/team"] = "tides"
    out, err = acme.process("verify", "test", "--only", "team", "--fail-on", "warning", "--format", "csv", code=1)
    assert list(csv.reader(out.splitlines())) == [
        ["severity", "code", "object", "message"],
        ["warning", "team.missing", "Namespace cortex-system", "the namespace does not name its team"],
    ]
    assert err == ""
    out, _ = acme.cortex("verify", "test", "--only", "team", "--format", "json", code=0)
    (finding,) = json.loads(out)["results"][0]["findings"]
    assert finding["hint"] == "set the label (`kubectl label namespace cortex-system acme.test/team=TEAM`)"
    out, _ = acme.cortex("explain", "team.missing", code=0)
    assert out.startswith("team.missing (warning): a namespace does not name its team\n\nAcme sends the alerts")
    out, _ = acme.cortex("teams", "test", code=0)
    assert [line.split()[0] for line in out.splitlines()] == ["cortex-mcp", "cortex-system"]
    out, _ = acme.cortex("--help", code=0)
    assert re.search(r"^  teams +What Acme adds to cortex\.$", out, re.MULTILINE)
    out, _ = acme.cortex("schema", code=0)
    assert "tides" in json.loads(out)["$defs"]["Server"]["properties"]["preset"]["examples"]
    out, _ = acme.cortex("preset", "show", "tides", code=0)
    assert out.startswith("# preset tides of acme-cortex\n")


def test_a_check_of_others_is_one_of_all(acme: Extended) -> None:
    _, err = acme.cortex("verify", "test", "--only", "nothing", code=2)
    assert err.rstrip().endswith("declaration, team, suppressions")


def test_a_reactor_of_others_reacts(acme: Extended, api: FakeApi) -> None:
    api.world.add("pods", SPACE, pod({"nodeName": "worker"}))
    event = occurred("FailedMount", "the volume is attached elsewhere")
    assert ask(api, lambda client: handlers()["FailedMount"](event, client)) == Reaction(
        "Pod cortex-mcp/time-1 waits for a volume on node worker",
        ("the volume is attached elsewhere",),
        Action(Verb.RESTART, event.object, "a new pod can get another node"),
    )


def test_a_reactor_of_others_replaces_ours(project: Extended, tmp_path: Path) -> None:
    assert handlers()["BackOff"] is back_off.react
    source = tmp_path / "other"
    source.mkdir()
    lines = ('name = "other"', 'version = "2"', 'description = "x"', "[project.entry-points.'cortex.reactors']")
    (source / "pyproject.toml").write_text("\n".join(("[project]", *lines, "BackOff = 'x:react'")))
    (source / "x.py").write_text("async def react(occurred, api): ...")
    project.install(source)
    extensions.cache_clear()
    assert handlers()["BackOff"].__module__ == "x"


def test_the_document_quotes_the_sample() -> None:
    quoted = dict(re.findall(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL))
    assert quoted == {
        str(path.relative_to(ACME)): path.read_text()
        for path in sorted(ACME.rglob("*.*"))
        if path.suffix in (".py", ".yaml", ".toml") and path.name != "__init__.py"
    }
