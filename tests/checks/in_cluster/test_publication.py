"""The published result: whole where it fits, cut with a count where not, and never an older one passed off as new."""

import json
from collections.abc import Iterator

import anyio
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from checks.formats import prometheus as metrics
from checks.formats.json import render
from checks.in_cluster.publication import MOST_BYTES, config_map, fitting, publish
from checks.kube.connection import Connection
from checks.results.catalogue import finding
from checks.results.result import Finding, Ref, Report, Severity
from checks.verification.verify import verify_deployed
from stacks.model import names
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.reports import validate
from tests.checks.world import Json, World, declared, known

pytestmark = pytest.mark.usefixtures("patient")

RESULT = "/api/v1/namespaces/cortex-system/configmaps/cortex-verification"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers={}))) as api:
        yield api


def connection(api: FakeApi) -> Connection:
    return Connection("in-cluster", api.url, inside=True, resolve=known)


def verified(api: FakeApi) -> Report:
    return anyio.run(verify_deployed, connection(api), Severity.ERROR)


def published(api: FakeApi) -> Json:
    assert anyio.run(publish, verified(api), connection(api)) is None
    data: Json = api.world.one("configmaps", "cortex-system", names.VERIFICATION_CONFIG_MAP)["data"]
    return data


def test_result_is_applied_by_our_own_manager(api: FakeApi) -> None:
    data = published(api)
    ((query, applied),) = api.applied
    assert query == {"fieldManager": "cortex-verifier", "force": "true"}
    assert applied["metadata"]["labels"]["app"] == "cortex-verifier"
    assert (data["status"], data["exit-code"]) == ("pass", "0")
    assert data["declaration"] == api.world.declaration.digest()
    report = json.loads(data["report.json"])
    validate(report)
    assert report["started"] == data["time"]
    assert "cortex_verify_exit_code" in data["metrics.prom"]


def test_later_result_replaces_the_earlier(api: FakeApi) -> None:
    published(api)
    api.world.remove("nodes", "", "node-1")
    data = published(api)
    assert (data["status"], data["exit-code"]) == ("fail", "1")


def test_result_without_a_declaration_replaces_a_good_one(api: FakeApi) -> None:
    published(api)
    api.world.remove("configmaps", "cortex-system", names.DECLARATION_CONFIG_MAP)
    data = published(api)
    assert (data["status"], data["exit-code"], data["declaration"]) == ("unknown", "3", "")


def test_refusal_is_one_sentence(api: FakeApi) -> None:
    api.faults[RESULT] = [status(403, "no")]
    assert anyio.run(publish, verified(api), connection(api)) == (
        "the result could not be written into ConfigMap cortex-system/cortex-verification: "
        'the account lacks the verb "patch" on "configmaps" in namespace cortex-system: grant it'
    )


def many(report: Report, findings: list[Finding]) -> Report:
    first, *rest = report.results
    return msgspec.structs.replace(report, results=(msgspec.structs.replace(first, findings=tuple(findings)), *rest))


def test_what_fits_is_whole(api: FakeApi) -> None:
    report = many(verified(api), [finding("node.not-ready", Ref("Node", "n"), "m")])
    assert fitting(report) is report


def test_what_does_not_fit_is_cut_errors_last_and_counted(api: FakeApi) -> None:
    warnings = [finding("namespace.annotation", Ref("Namespace", f"n{i}"), "é" * 500) for i in range(2000)]
    errors = [finding("node.not-ready", Ref("Node", f"n{i}"), "m") for i in range(50)]
    report = many(verified(api), [*warnings, *errors])
    shown = fitting(report)
    assert 0 < len(render(shown).encode()) <= MOST_BYTES < len(render(report).encode())
    result = shown.results[0]
    assert set(errors) <= set(result.findings)
    assert result.omitted == 2050 - len(result.findings)
    data = config_map(report)["data"]
    assert isinstance(data, dict)
    assert sum(len(f"{key}{value}".encode()) for key, value in data.items()) < 1 << 20, "Kubernetes' own limit"
    assert f'check="connection",context="test",severity="warning"}} {2000.0}' in metrics.render(report)


def test_a_single_huge_finding_is_counted_alone(api: FakeApi) -> None:
    report = many(verified(api), [finding("node.not-ready", Ref("Node", "n"), "m" * MOST_BYTES)])
    result = fitting(report).results[0]
    assert (result.findings, result.omitted) == ((), 1)


def test_metrics_are_prometheus_text(api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    report = verified(api)
    families = {family.name: family for family in text_string_to_metric_families(metrics.render(report))}
    assert set(families) == {
        f"cortex_verify_{name}"
        for name in (
            "passed",
            "findings",
            "suppressed",
            "unknown",
            "exit_code",
            "timestamp_seconds",
            "duration_seconds",
            "finding_codes",
            "mcp_answers",
            "mcp_latency_seconds",
            "validity_days",
        )
    }
    assert {sample.labels["context"] for family in families.values() for sample in family.samples} == {"test"}
    passed = {sample.labels["check"]: sample.value for sample in families["cortex_verify_passed"].samples}
    assert passed == {result.name: result.passed for result in report.results}
    (started,) = families["cortex_verify_timestamp_seconds"].samples
    assert started.value > 1.7e9
