"""The metrics of a report have what its checks found and observed."""

from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from checks.formats import prometheus
from checks.results.result import Fact, Finding, Ref, Remedy, Result, Severity, Status
from tests.checks.formats.sample import REPORT

REF = Ref("Deployment", "time-mcp-server", "cortex-mcp")


def result(name: str, *facts: Fact, codes: tuple[str, ...] = ()) -> Result:
    findings = tuple(Finding(code, Severity.ERROR, REF, "", None, None, "", Remedy.PERSON) for code in codes)
    return Result(name, name, Status.PASS, 1, 0, findings, (), facts, 0.1)


def samples(*results: Result) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and the values of its labels but `context`."""
    rendered = prometheus.render(replace(REPORT, results=results))
    return {
        (sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "context")): sample.value
        for family in text_string_to_metric_families(rendered)
        for sample in family.samples
    }


def test_findings_are_counted_by_code() -> None:
    found = samples(result("servers", codes=("server.image", "server.image", "server.port")))
    assert found["cortex_verify_finding_codes", "servers", "server.image"] == 2
    assert found["cortex_verify_finding_codes", "servers", "server.port"] == 1


def test_each_mcp_server_has_its_answer_and_latency() -> None:
    found = samples(
        result(
            "mcp",
            Fact("time", "outcome", "answered"),
            Fact("time", "latency_ms", 12.5),
            Fact("github", "outcome", "gated"),
            Fact("slow", "outcome", "timeout"),
        )
    )
    assert found["cortex_verify_mcp_latency_seconds", "time"] == 0.0125
    answers = {kind: found["cortex_verify_mcp_answers", kind] for kind in ("time", "github", "slow")}
    assert answers == {"time": 1, "github": 1, "slow": 0}
    assert ("cortex_verify_mcp_latency_seconds", "slow") not in found


def test_certificate_and_credential_have_their_days() -> None:
    facts = (Fact("api-server", "certificate_days", 300), Fact("credential", "days", 7))
    found = samples(result("connection", *facts))
    assert found["cortex_verify_validity_days", "certificate"] == 300
    assert found["cortex_verify_validity_days", "credential"] == 7
