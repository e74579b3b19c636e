"""Why a container keeps ending or does not start, with its last log lines."""

from typing import Any

import pytest

from checks.reactions.back_off import react
from checks.reactions.cause import likely_cause
from checks.reactions.objects import Container, ContainerStatus
from checks.reactions.reaction import Reaction
from checks.results.result import Ref
from tests.checks.fake_api import Answer, FakeApi, status
from tests.checks.reactions.examples import SPACE, Json, as_pod, ask, container, occurred, pod

EVENT = occurred("BackOff", "Back-off restarting failed container", container="main")
LOG = f"/api/v1/namespaces/{SPACE}/pods/time-1/log"
CRASHED: Json = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting"}}

pytestmark = pytest.mark.usefixtures("impatient")


def ended(code: int, reason: str = "Error", message: str = "") -> Json:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


def one(state: Json, last: Json | None = None, *, restarts: int = 3, ready: bool = False, **fields: Any) -> Json:
    of_main = {"name": "main", "state": state, "lastState": last or {}, "restartCount": restarts, "ready": ready}
    return pod(container(**fields), {"containerStatuses": [of_main]})


def parts(json: Json) -> tuple[Container, ContainerStatus]:
    decoded = as_pod(json)
    return decoded.spec.containers[0], decoded.status.container_statuses[0]


@pytest.mark.parametrize(
    ("of", "log", "cause"),
    [
        (one(CRASHED, ended(3)), ["ok"], "it ends with exit code 3"),
        (
            one(CRASHED, ended(1)),
            ["Traceback", "ModuleNotFoundError: No module named 'x'", "see password=hunter2"],
            "it ends with exit code 1; according to its log a module is missing in its image",
        ),
        (
            one(CRASHED, ended(1)),
            ["open /x: no such file or directory", "listen tcp :80: bind: address already in use"],
            "it ends with exit code 1; according to its log its port is in use already",
        ),
        (
            one(CRASHED, ended(137, "OOMKilled"), resources={"limits": {"memory": "64Mi"}}),
            [],
            "it needs more memory than its limit of 64Mi (OOMKilled)",
        ),
        (one(CRASHED, ended(137, "OOMKilled")), [], "it needs more memory than the node has (OOMKilled)"),
        (
            one(CRASHED, ended(137)),
            [],
            "it was killed (exit code 137): by a failing liveness probe, or because it did not end in time",
        ),
        (one(CRASHED, ended(0, "Completed")), [], "it ends by itself with exit code 0, but its pod has to go on"),
        (one(CRASHED, ended(127)), [], "its command does not exist (exit code 127)"),
        (
            one({"waiting": {"reason": "CreateContainerConfigError"}}),
            [],
            "its configuration refers to something that does not exist (CreateContainerConfigError)",
        ),
        (
            one({"waiting": {"reason": "ErrImagePull"}}),
            [],
            "its image registry.test/time:1 cannot be pulled (ErrImagePull)",
        ),
        (one(CRASHED), [], "its last run left no status"),
    ],
)
def test_cause(of: Json, log: list[str], cause: str) -> None:
    assert likely_cause(*parts(of), log) == cause


def test_logs_of_both_runs_are_in_the_details_only(api: FakeApi) -> None:
    api.world.add("pods", SPACE, one(ended(3, message="said\x1b[31m red"), ended(3)))
    api.faults[LOG] = [
        Answer(200, b"second\nerror: address already in use token=abc\n"),
        Answer(200, b"first\n\xffpermission denied"),
    ]
    found = ask(api, lambda client: react(EVENT, client))
    assert found == Reaction(
        "container main of Pod cortex-mcp/time-1 keeps ending: it ends with exit code 3; according to its log "
        "its port is in use already; restarts: 3",
        (
            "the last run ended with exit code 3 (Error): said\x1b[31m red",
            "the last lines of the previous run:",
            "first",
            "\ufffdpermission denied",
            "the last lines of the last run:",
            "second",
            "error: address already in use token=abc",
        ),
    )
    asked = [query for query in api.queries if "container" in query]
    common = {"container": "main", "tailLines": "50", "limitBytes": "262144"}
    assert asked == [common, {**common, "previous": "true"}]


def test_a_log_that_is_both_is_shown_once(api: FakeApi) -> None:
    api.world.add("pods", SPACE, one(CRASHED, ended(3)))
    api.faults[LOG] = [Answer(200, b"boom\n")]
    found = ask(api, lambda client: react(EVENT, client))
    assert found
    assert found.details == (
        "CrashLoopBackOff: back-off 40s restarting",
        "the last run ended with exit code 3 (Error)",
        "the last lines of the last run:",
        "boom",
    )


def test_a_log_that_cannot_be_read(api: FakeApi) -> None:
    api.world.add("pods", SPACE, one(ended(3), restarts=0))
    api.faults[LOG] = [status(403, "no"), status(400, "previous terminated container not found")]
    found = ask(api, lambda client: react(EVENT, client))
    assert found
    assert found.summary == (
        "container main of Pod cortex-mcp/time-1 does not run: it ends with exit code 3; restarts: 0"
    )
    assert found.details[1:] == (
        "read the log of container main of pod cortex-mcp/time-1: the account lacks the verb "
        '"get" on "pods/log" in namespace cortex-mcp: grant it',
    )


def test_an_image_that_cannot_be_pulled_has_no_log(api: FakeApi) -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}
    api.world.add("pods", SPACE, one(waiting, restarts=0))
    found = ask(api, lambda client: react(occurred("BackOff"), client))
    assert found == Reaction(
        "container main of Pod cortex-mcp/time-1 does not run: its image registry.test/time:1 cannot be pulled "
        "(ImagePullBackOff); restarts: 0",
        ("ImagePullBackOff: Back-off pulling image",),
    )
    assert api.requests[LOG] == 0


def test_a_container_that_runs_again(api: FakeApi) -> None:
    api.world.add("pods", SPACE, one({"running": {}}, ended(3), ready=True))
    api.faults[LOG] = [Answer(200, b"")]
    found = ask(api, lambda client: react(EVENT, client))
    assert found
    assert found.summary.endswith("it ends with exit code 3; restarts: 3; it runs again now")
    assert found.details[1:] == ("the current run wrote nothing",)
    api.world.objects["pods", SPACE].clear()
    api.world.add("pods", SPACE, one({"running": {}}, restarts=0, ready=True))
    assert ask(api, lambda client: react(EVENT, client)) is None


def test_what_is_gone_or_no_pod(api: FakeApi) -> None:
    assert ask(api, lambda client: react(EVENT, client)) == Reaction("Pod cortex-mcp/time-1 no longer exists")
    of_job = occurred("BackOff", about=Ref("Job", "x", SPACE))
    assert ask(api, lambda client: react(of_job, client)) is None
