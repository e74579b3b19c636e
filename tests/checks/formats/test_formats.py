"""Every format of the report: exactly as committed for a small sample, and harmless whatever a cluster sends."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema  # type: ignore[import-untyped]
import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from checks.formats import html, junit, markdown, prometheus, sarif
from checks.formats.formats import OWN
from checks.formats.source import Source, read
from checks.kube.reading import Reason
from checks.results.catalogue import catalogue, finding
from checks.results.result import Ref, Report, Selection, Severity, Status, Suppressed, Unknown
from tests.checks.formats import sample
from tests.checks.formats.sample import FOLDER, HEALTHY, IMAGE, REPORT, STACK, as_format, result, selected, with_finding

HOSTILE = "<script>x</script> | ```` ]]> ](http://e.test) @all *b* \x1b[31m\x00\n\u202e\ud800 &lt; </code></details>"
EVIL = replace(
    REPORT,
    results=(
        result(
            "servers",
            "MCP servers",
            Status.FAIL,
            passed=1,
            findings=(
                finding("server.image", Ref("Pod", HOSTILE, HOSTILE), HOSTILE, expected=HOSTILE, actual=HOSTILE),
            ),
            suppressed=(Suppressed(finding("server.image", Ref("Pod", HOSTILE), HOSTILE), HOSTILE, "2026-12-01"),),
            unknowns=(Unknown(HOSTILE, Reason.FAILED, HOSTILE),),
        ),
    ),
)
STEERING = ["\x1b", "\x00", "\u202e", "\ud800"]


@pytest.mark.parametrize("name", sample.rendered())
def test_sample_is_as_committed(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert sample.rendered()[name] == committed, "read the difference, then run: python -m tests.checks.formats.sample"


FOR_READERS = [name for name in OWN if name != "json"]
"""JSON has the texts of the cluster as they are."""


@pytest.mark.parametrize("name", FOR_READERS)
def test_control_characters_do_not_reach_a_reader(name: str) -> None:
    text = as_format(name, EVIL)
    assert [character for character in STEERING if character in text] == []
    assert "\\u001b" not in text


@pytest.mark.parametrize("name", FOR_READERS)
def test_selection_shows_in_every_format(name: str) -> None:
    report = selected(HEALTHY, "servers", "mcp", namespaces=("cortex-mcp",))
    assert "only checks servers, mcp; only namespaces cortex-mcp" in as_format(name, report)
    assert "only checks" not in as_format(name, HEALTHY)


def test_junit_is_well_formed_and_counts_itself() -> None:
    for report in (REPORT, EVIL, HEALTHY):
        root = ElementTree.fromstring(junit.render(report))
        for element in (root, *root.iter("testsuite")):
            cases = list(element.iter("testcase"))
            assert element.get("tests") == str(len(cases))
            assert element.get("failures") == str(len(list(element.iter("failure"))))
            assert element.get("errors") == str(len(list(element.iter("error"))))
    case = ElementTree.fromstring(junit.render(EVIL)).find(".//failure")
    assert case is not None
    assert "]]>" in str(case.get("message"))


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        (HEALTHY, set()),
        (with_finding(IMAGE), {"failure"}),
        (with_finding(sample.OWNER), {"skipped"}),
        (replace(with_finding(sample.OWNER), fail_on=Severity.WARNING), {"failure"}),
        (replace(HEALTHY, status=Status.UNKNOWN, exit_code=3, results=()), {"error"}),
    ],
    ids=["healthy", "error", "warning", "warning-fails", "nothing"],
)
def test_junit_agrees_with_the_exit_code(report: Report, outcome: set[str]) -> None:
    root = ElementTree.fromstring(junit.render(report))
    assert {result.tag for case in root.iter("testcase") for result in case} == outcome


class Page(HTMLParser):
    """The elements of a page, and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action")]


def test_page_escapes_and_loads_nothing() -> None:
    page = Page(html.render(EVIL))
    assert page.tags == Page(html.render(REPORT)).tags
    assert "script" not in page.tags
    assert page.addresses == []
    assert "url(" not in html.render(EVIL)


def test_markdown_keeps_what_a_cluster_sends_in_code() -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown.render(EVIL))
    inline = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inline if child.type not in ("text", "softbreak")} == {
        "code_inline",
        "strong_open",
        "strong_close",
    }
    outside = [child.content for child in inline if child.type == "text"]
    outside += [token.content for token in tokens if token.type == "html_block"]
    text = "\n".join(outside)
    assert "<script>" not in text
    assert "*b*" in text.replace("<code>", ""), "in a heading it is escaped HTML, where Markdown is not looked for"
    headings = [line for line in text.splitlines() if "@all" in line]
    assert all(line.startswith("<details><summary>") for line in headings)
    assert all(line.count("<code>") == line.count("</code>") for line in headings)
    assert text.count("<details>") == text.count("</details>") == 3
    blocks = [token.content for token in tokens if token.type == "fence"]
    assert [block.count("\n") for block in blocks] == [3, 1, 3], "no message makes lines of its own"


def test_markdown_fits_into_a_comment() -> None:
    many = tuple(replace(IMAGE, message=f"{number} " + "x" * 500) for number in range(500))
    text = markdown.render(replace(REPORT, results=(result("servers", "MCP servers", Status.FAIL, findings=many),)))
    assert len(text) < 65_536
    shown = text.count("<details>")
    assert text.endswith(f"\n{500 - shown} more entries do not fit into a comment.\n")
    assert text.count("</details>") == shown > 50


SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "message": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "properties": {
                        "driver": {
                            "required": ["name", "rules"],
                            "properties": {"rules": {"items": {"$ref": "#/$defs/rule"}}},
                        }
                    }
                },
                "automationDetails": {"required": ["id"]},
                "invocations": {
                    "items": {
                        "required": ["executionSuccessful"],
                        "properties": {
                            "exitCode": {"type": "integer"},
                            "startTimeUtc": {"type": "string", "pattern": "Z$"},
                            "toolExecutionNotifications": {
                                "items": {
                                    "required": ["message"],
                                    "properties": {
                                        "level": {"$ref": "#/$defs/level"},
                                        "message": {"$ref": "#/$defs/message"},
                                    },
                                }
                            },
                        },
                    }
                },
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                "properties": {"type": "object"},
            },
        },
        "rule": {
            "required": ["id", "shortDescription", "fullDescription", "help", "defaultConfiguration"],
            "properties": {
                "id": {"type": "string"},
                "shortDescription": {"$ref": "#/$defs/message"},
                "fullDescription": {"$ref": "#/$defs/message"},
                "help": {"$ref": "#/$defs/message"},
                "defaultConfiguration": {"properties": {"level": {"$ref": "#/$defs/level"}}},
            },
        },
        "result": {
            "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
            "properties": {
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"$ref": "#/$defs/level"},
                "message": {"$ref": "#/$defs/message"},
                "locations": {"minItems": 1, "items": {"$ref": "#/$defs/location"}},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                "suppressions": {
                    "items": {
                        "required": ["kind"],
                        "properties": {
                            "kind": {"enum": ["inSource", "external"]},
                            "status": {"enum": ["accepted", "underReview", "rejected"]},
                        },
                    }
                },
            },
        },
        "location": {
            "required": ["logicalLocations"],
            "properties": {
                "physicalLocation": {
                    "required": ["artifactLocation", "region"],
                    "properties": {
                        "artifactLocation": {"required": ["uri"]},
                        "region": {"properties": {"startLine": {"type": "integer", "minimum": 1}}},
                    },
                }
            },
        },
    },
}
"""The part of SARIF 2.1.0 (OASIS) that we write, and what GitHub asks of it."""


@pytest.mark.parametrize("report", [REPORT, EVIL, HEALTHY, selected(HEALTHY, "servers")])
@pytest.mark.parametrize("source", [read("test", FOLDER), None], ids=["outside", "in-cluster"])
def test_sarif_is_as_the_standard_has_it(report: Report, source: Source | None) -> None:
    document = json.loads(sarif.render(report, source))
    jsonschema.validate(document, SARIF)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(catalogue())
    for each in run["results"]:
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
        assert "](" not in each["message"]["text"]
        assert ("physicalLocation" in each["locations"][0]) is (source is not None)


def test_sarif_of_the_unknown_is_no_success() -> None:
    nothing = replace(HEALTHY, status=Status.UNKNOWN, exit_code=3, results=())
    (run,) = json.loads(sarif.render(nothing, None))["runs"]
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    assert len(invocation["toolExecutionNotifications"]) == 1
    (run,) = json.loads(sarif.render(HEALTHY, None))["runs"]
    assert run["invocations"][0]["executionSuccessful"] is True


def test_selections_do_not_close_each_others_alerts() -> None:
    def name(report: Report) -> str:
        run: dict[str, dict[str, str]] = json.loads(sarif.render(report, None))["runs"][0]
        return run["automationDetails"]["id"]

    assert name(HEALTHY) == "cortex%20verify/test/"
    assert name(selected(HEALTHY, "mcp")) == "cortex%20verify/test/only%20checks%20mcp/"


@pytest.mark.parametrize(
    ("code", "obj", "text"),
    [
        ("server.image", Ref("Deployment", "time-mcp-server", "cortex-mcp"), "      image: registry.test/time:1"),
        ("server.image", Ref("Pod", "time-zone-mcp-server-5d-x", "cortex-mcp"), "      image: registry.test/zone:1"),
        ("mcp.tool", Ref("Service", "time-mcp-server", "cortex-mcp"), "    time:"),
        ("config.data", Ref("ConfigMap", "settings", "cortex-mcp"), "      data: {LEVEL: info}"),
        ("config.data", Ref("ConfigMap", "time-mcp-config", "cortex-mcp"), "    time:"),
        ("namespace.label", Ref("Namespace", "cortex-mcp"), "    cortex-mcp:"),
        ("network.missing", Ref("NetworkPolicy", "default-deny", "cortex-mcp"), "    cortex-mcp:"),
        ("network.missing", Ref("NetworkPolicy", "time-mcp-server", "cortex-mcp"), "    time:"),
        ("object.stray", Ref("ConfigMap", "time-mcp-server-notes", "elsewhere"), "  cortex:cluster:"),
        ("object.missing", Ref("Role", "anything", "cortex-system"), "    cortex-system:"),
        ("object.missing", Ref("CronJob", "cortex-verify", "cortex-system"), "  cortex:verifier:"),
        ("suppression.unused", Ref("Suppression", "server.image"), "  cortex:suppressions:"),
        ("node.not-ready", Ref("Node", "worker-1"), "  cortex:cluster:"),
    ],
)
def test_finding_stands_at_the_line_that_declares_its_object(code: str, obj: Ref, text: str) -> None:
    line = read("test", FOLDER).line(replace(IMAGE, code=code, object=obj))
    assert STACK.read_text().splitlines()[line - 1] == text


def test_paths_are_seen_from_the_repositorys_root(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "deploy").mkdir()
    path = tmp_path / "deploy" / "Pulumi.test.yaml"
    path.write_text(STACK.read_text())
    assert read("test", path.parent).uri == "deploy/Pulumi.test.yaml"


def test_metrics_give_no_false_zero() -> None:
    hidden = replace(REPORT, selection=Selection(severity=Severity.ERROR))
    assert 'severity="warning"' in prometheus.render(REPORT)
    assert 'severity="warning"' not in prometheus.render(hidden)
    assert 'cortex_verify_suppressed{check="connection",context="test"} 1.0' in prometheus.render(REPORT)
