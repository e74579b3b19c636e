"""`cortex doctor`, `access` and `kubeconfig make`: what they show, what they keep secret, their exit codes."""

import json
import os
import stat
from pathlib import Path
from tempfile import TemporaryFile

import pytest
import yaml

from checks.connection import diagnosis as doctor
from checks.errors import UsageError
from checks.rbac import matrix
from checks.rbac.account_kubeconfig import save
from tests.checks import in_process
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi, status
from tests.checks.reports import validate

SECRET = "very-secret-bound-token"
TOKEN = "/api/v1/namespaces/cortex-system/serviceaccounts/cortex-resource-manager/token"


def test_doctor_tells_which_way_and_as_whom(project: Project, api: FakeApi) -> None:
    out, err = project.cortex("doctor", "test", code=0)
    words = [line.split() for line in out.splitlines()]
    assert ["kubeconfig", str(project.kubeconfig)] in words
    assert ["server", api.url] in words
    assert ["account", "tester", "(testers)"] in words
    assert ["credential", "means", "token"] in words
    assert ["nodes", "ready", "2"] in words
    assert out.splitlines()[-1].startswith("As declared: ")
    assert err == ""


def test_doctor_json_follows_its_schema(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    out, _ = project.cortex("doctor", "test", "--format", "json", code=1)
    diagnosis = json.loads(out)
    validate(diagnosis, doctor.SCHEMA)
    assert [finding["code"] for finding in diagnosis["result"]["findings"]] == ["node.count"]
    assert (diagnosis["account"], diagnosis["exitCode"]) == ("tester", 1)


def test_doctor_of_an_unreachable_cluster_knows_nothing(project: Project) -> None:
    project.connect({"server": "http://127.0.0.1:1"}, {})
    out, _ = project.cortex("doctor", "test", code=3)
    assert "the API server cannot be reached" in out
    assert "unknown: the API server did not say" in out


def test_access_shows_each_request_and_the_ways(project: Project) -> None:
    out, err = project.cortex("access", "list", "test", code=0)
    words = [line.split() for line in out.splitlines()]
    assert ["VERB", "RESOURCE", "WHERE", "DECLARED", "LIVE"] in words
    assert ["delete", "pods", "cortex-mcp", "yes", "yes"] in words
    assert ["list", "secrets", "(cluster-wide)", "no", "no"] in words
    assert "  by design  may create pods or their controllers in namespace cortex-mcp, cortex-system, so " in out
    assert err == ""


def test_access_json_follows_its_schema(project: Project, api: FakeApi) -> None:
    subject = {"kind": "ServiceAccount", "name": "cortex-resource-manager", "namespace": "cortex-system"}
    api.world.role("thief", [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}])
    api.world.bind("stray", "thief", subject)
    out, _ = project.cortex("access", "list", "test", "--format", "json", code=1)
    drawn = json.loads(out)
    validate(drawn, matrix.SCHEMA)
    assert [finding["code"] for finding in drawn["result"]["findings"]] == ["rbac.undeclared-binding"]
    (account,) = drawn["accounts"]
    assert [way["way"] for way in account["ways"] if not way["declared"]] == ["secrets"]
    (cell,) = [cell for cell in account["cells"] if cell["resource"] == "secrets" and not cell["namespace"]]
    assert (cell["expected"], cell["live"]) == (False, True)


def test_access_without_the_right_to_ask_is_unknown(project: Project, api: FakeApi) -> None:
    reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    api.faults[reviews] = [status(403, "no")]
    out, _ = project.cortex("access", "list", "test", code=3)
    assert 'lacks the verb "create" on "subjectaccessreviews.authorization.k8s.io" cluster-wide' in out
    assert api.requests[reviews] == 1, "who was refused once is not asked again"


def test_kubeconfig_goes_down_a_pipe(project: Project, api: FakeApi) -> None:
    done = project.run("kubeconfig", "make", "test", "--duration", "1h30m")
    assert done.code == 0, done.err
    made = yaml.safe_load(done.out)
    assert made["clusters"] == [{"name": "test", "cluster": {"server": api.url}}]
    assert made["users"] == [{"name": "cortex-resource-manager", "user": {"token": SECRET}}]
    assert made["contexts"][0]["context"]["namespace"] == "cortex-system"
    assert made["current-context"] == "test"
    assert api.tokens == [(TOKEN, {"expirationSeconds": 5400})]
    assert done.err == (
        "cortex: the kubeconfig has the permissions of cortex-system/cortex-resource-manager "
        "until 2026-01-01 13:00:00 UTC\n"
    )


def test_kubeconfig_is_written_for_its_owner_alone(project: Project) -> None:
    file = project.folder / "new" / "kubeconfig"
    old = os.umask(0)
    try:
        out, err = project.cortex("kubeconfig", "make", "test", "--output", str(file), code=0)
    finally:
        os.umask(old)
    assert out == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert SECRET in file.read_text()
    _, err = project.cortex("kubeconfig", "make", "test", "--output", str(file), code=2)
    assert err == f"cortex: {file} already exists: remove it, or choose another file with --output\n"


def test_kubeconfig_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="already exists"):
        save("secret", tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()


def test_kubeconfig_is_not_shown_on_a_terminal(project: Project, api: FakeApi) -> None:
    main, terminal = os.openpty()
    with os.fdopen(main), os.fdopen(terminal, "w") as out, TemporaryFile("w+") as err:
        code = in_process.run_into(out, err, ["kubeconfig", "make", "test"], project.folder, project.environment())
        assert (code, api.tokens) == (2, [])
        err.seek(0)
        assert "name a file with --output" in err.read()


def test_kubeconfig_of_a_strange_account_is_refused(project: Project) -> None:
    _, err = project.cortex("kubeconfig", "make", "test", "--account", "nobody", code=2)
    assert "declares no account 'nobody': it declares cortex-system/cortex-resource-manager" in err
    _, err = project.cortex("kubeconfig", "make", "test", "--namespace", "other", code=2)
    assert "no account 'cortex-resource-manager' in namespace other" in err


def test_kubeconfig_names_the_missing_right(project: Project, api: FakeApi) -> None:
    api.faults[TOKEN] = [status(403, "no")]
    _, err = project.cortex("kubeconfig", "make", "test", code=3)
    assert 'the account lacks the verb "create" on "serviceaccounts/token" in namespace cortex-system' in err


@pytest.mark.parametrize("duration", ["9m59s", "24h1s", "2d", "0s"])
def test_kubeconfig_has_a_token_of_10_minutes_to_24_hours(project: Project, api: FakeApi, duration: str) -> None:
    _, err = project.cortex("kubeconfig", "make", "test", "--duration", duration, code=2)
    assert (err, api.tokens) == ("cortex: --duration: a token is valid for 10m to 24h\n", [])
