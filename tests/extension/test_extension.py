"""A distribution adds a check, a format, a command and a preset to `cortex`, without a fork."""

import csv
import json
import re

from tests.checks.cli.project import ROOT
from tests.checks.fake_api import FakeApi
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


def test_the_document_quotes_the_sample() -> None:
    quoted = dict(re.findall(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL))
    assert quoted == {
        str(path.relative_to(ACME)): path.read_text()
        for path in sorted(ACME.rglob("*.*"))
        if path.suffix in (".py", ".yaml", ".toml") and path.name != "__init__.py"
    }
