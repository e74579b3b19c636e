"""What a verification leaves for Kubernetes, and so for Pulumi, when it fails."""

from pathlib import Path

from msgspec.structs import replace

from checks.in_cluster import termination
from checks.results.catalogue import finding
from checks.results.result import Ref, Report
from tests.checks.formats.sample import REPORT


def wrong(number: int) -> Report:
    """Return a report with this many errors, one a pod, and nothing unknown."""
    result = next(result for result in REPORT.results if result.findings)
    pods = (Ref("Pod", f"time-{each}", "cortex-mcp") for each in range(number))
    found = tuple(finding("server.image", pod, "another\nimage", expected="a", actual="b") for pod in pods)
    return replace(REPORT, results=(replace(result, findings=found, unknowns=()),))


def test_first_three_findings_a_count_and_the_command_that_shows_all() -> None:
    conclusion, *findings, last = termination.message(wrong(5), "cortex-verify-1").splitlines()
    assert conclusion.startswith("Not as declared: 5 errors")
    assert findings == [
        f"Pod cortex-mcp/time-{number}: another image (server.image: expected a, actual b)" for number in range(3)
    ]
    assert last == "and 2 more; all of it: kubectl -n cortex-system logs cortex-verify-1"


def test_what_could_not_be_checked_is_told_too() -> None:
    message = termination.message(REPORT, "pod")
    unknown = REPORT.unknowns[0]
    shown = f"could not {unknown.what}: {unknown.message} ({unknown.reason.value})"
    assert shown in message or "more; all of it" in message


def test_kubernetes_keeps_it_whole() -> None:
    result = wrong(1).results[0]
    long = finding("server.image", result.findings[0].object, "x" * 5000, expected="a", actual="b")
    report = replace(wrong(1), results=(replace(result, findings=(long,) * 9),))
    assert len(termination.message(report, "pod").encode()) < 4096


def test_nothing_is_left_of_a_verification_that_succeeds(tmp_path: Path) -> None:
    place = tmp_path / "termination-log"
    termination.write(replace(REPORT, exit_code=0), place)
    assert not place.exists()
    termination.write(replace(REPORT, exit_code=1), place)
    assert place.read_text().startswith("Not as declared")


def test_a_place_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    termination.write(REPORT, tmp_path / "absent" / "termination-log")
