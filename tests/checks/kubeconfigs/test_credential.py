"""`cortex credential` and `cortex kubeconfig exec`: tokens that are cached, and the stored credential."""

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import platformdirs
import pytest
import yaml

from checks.kubeconfigs import places, store
from checks.kubeconfigs.document import parse
from checks.times import rfc3339
from tests.checks.cli.project import Project, command
from tests.checks.fake_api import FakeApi, status
from tests.checks.kubeconfigs.certificates import SECRET_TOKEN, b64, kubeconfig, pair, written
from tests.preloaded import Preloaded

ACCOUNT = "--account=cortex-system/cortex-resource-manager"
TOKEN = "/api/v1/namespaces/cortex-system/serviceaccounts/cortex-resource-manager/token"
LIGHT = {"checks", "checks.start", "checks.kubeconfigs", "checks.kubeconfigs.places", "checks.kubeconfigs.token_cache"}
START = (
    "import sys; before = set(sys.modules); from checks.start import main; main();"
    "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
)


def lasting(api: FakeApi, **duration: float) -> datetime:
    """Let tokens expire after a duration."""
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(**duration)
    api.tokens_expire = rfc3339(ends)
    return ends


@pytest.fixture
def stored(project: Project, api: FakeApi) -> Project:
    """A project whose stack has a stored kubeconfig; the variable KUBECONFIG would lead nowhere."""
    file = written(project.folder / "source", kubeconfig({"server": api.url}))
    project.cortex("kubeconfig", "import", str(file), "test", "--allow-insecure", code=0)
    project.extra["KUBECONFIG"] = "/nowhere"
    lasting(api, hours=1)
    return project


def given(project: Project, *args: str) -> dict[str, Any]:
    """Return the answer to a program that runs the command, anywhere."""
    done = project.run("credential", "test", *args, cwd=Path("/"))
    assert done.code == 0, done.err
    answer: dict[str, Any] = json.loads(done.out)
    assert (answer["apiVersion"], answer["kind"]) == ("client.authentication.k8s.io/v1", "ExecCredential")
    return answer


def cached(project: Project) -> list[Path]:
    return list((project.folder / ".local" / "state" / "cortex" / "tokens").glob("test/*"))


def test_a_token_is_requested_once_and_kept_for_its_owner(stored: Project, api: FakeApi) -> None:
    ends = lasting(api, hours=1)
    old = os.umask(0)
    try:
        first = given(stored, ACCOUNT)
    finally:
        os.umask(old)
    assert first["status"]["token"] == "very-secret-bound-token"
    assert first["status"]["expirationTimestamp"] == rfc3339(ends - timedelta(minutes=5))
    assert given(stored, ACCOUNT) == first
    assert api.tokens == [(TOKEN, {"expirationSeconds": 3600})]
    assert api.authorizations == {f"Bearer {SECRET_TOKEN}"}
    (file,) = cached(stored)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_of_several_at_once_the_first_requests_it(stored: Project, api: FakeApi) -> None:
    run = command(["credential", "test", ACCOUNT])
    options: dict[str, Any] = {"env": stored.environment(), "stdout": subprocess.PIPE, "text": True}
    started: list[Preloaded[str]] = [Preloaded(run, **options) for _ in range(3)]
    answers = {process.communicate(timeout=60)[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert (len(answers), len(api.tokens)) == (1, 1)


def test_a_credential_is_in_no_representation(stored: Project) -> None:
    found = parse(json.dumps(kubeconfig()).encode(), "it")
    assert SECRET_TOKEN not in f"{found!r} {found.user!r} {store.Entry(found, sealed=True)!r}"
    assert SECRET_TOKEN in found.text()


def test_each_audience_has_a_token_of_its_own(stored: Project, api: FakeApi) -> None:
    for _ in range(2):
        given(stored, ACCOUNT, "--audience=https://a.test/x")
        given(stored, ACCOUNT)
    assert [spec.get("audiences") for _, spec in api.tokens] == [["https://a.test/x"], None]
    for _ in range(2):
        given(stored, ACCOUNT, f"--audience={'long/' * 100}")
    assert len(api.tokens) == 3


def test_a_token_is_renewed_before_it_expires(stored: Project, api: FakeApi) -> None:
    lasting(api, minutes=4, seconds=59)
    for _ in range(2):
        given(stored, ACCOUNT)
    assert len(api.tokens) == 2


def test_another_stored_kubeconfig_forgets_the_tokens(stored: Project, api: FakeApi) -> None:
    given(stored, ACCOUNT)
    stored.cortex("kubeconfig", "seal", "test", code=0)
    assert not cached(stored)
    given(stored, ACCOUNT)
    file = stored.folder / ".local" / "state" / "cortex" / "kubeconfig" / "test.yaml"
    os.utime(file, (1, 1))
    given(stored, ACCOUNT)
    assert len(api.tokens) == 3, "a token that was requested with another kubeconfig is not used"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
def test_a_cached_token_that_others_can_read_is_not_used(stored: Project, api: FakeApi, mode: int) -> None:
    given(stored, ACCOUNT)
    cached(stored)[0].chmod(mode)
    given(stored, ACCOUNT)
    assert len(api.tokens) == 2


def test_a_cached_answer_imports_nothing_that_takes_time(stored: Project, api: FakeApi) -> None:
    first = given(stored, ACCOUNT)
    run = [sys.executable, "-c", START, "credential", "test", ACCOUNT]
    done = subprocess.run(run, env=stored.environment(), capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == first
    assert {name for name in done.stderr.split() if name in LIGHT or "." not in name} <= {*LIGHT, "time"}
    assert len(done.stderr.split()) <= len(LIGHT) + 1, done.stderr


def test_the_state_folder_is_that_of_platformdirs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for value in (str(tmp_path), "", None):
        monkeypatch.setenv("XDG_STATE_HOME", value) if value is not None else monkeypatch.delenv("XDG_STATE_HOME")
        assert places.state_folder() == str(platformdirs.user_state_path("cortex"))


def test_the_stored_credential_is_decrypted_and_not_kept(stored: Project) -> None:
    assert given(stored)["status"] == {"token": SECRET_TOKEN}
    assert not cached(stored)
    made = pair(days=7)
    user = {"client-certificate-data": b64(made.certificate), "client-key-data": b64(made.key)}
    file = written(stored.folder / "source", kubeconfig(user=user))
    stored.cortex("kubeconfig", "import", str(file), "test", "--replace", code=0)
    found = given(stored)["status"]
    assert found["clientCertificateData"].encode() == made.certificate
    assert found["clientKeyData"].encode() == made.key
    assert datetime.fromisoformat(found["expirationTimestamp"]) > datetime.now(UTC) + timedelta(days=6)


def test_only_the_store_of_the_stack_is_read(stored: Project) -> None:
    folder = stored.folder / ".local" / "state" / "cortex" / "kubeconfig"
    for number in range(3):
        (folder / f"other{number}.yaml").write_text("damaged")
    assert given(stored)["status"] == {"token": SECRET_TOKEN}


def test_kubeconfig_exec_has_no_secret_and_runs_the_command(stored: Project, api: FakeApi) -> None:
    out, _ = stored.cortex("kubeconfig", "exec", "test", ACCOUNT, "--audience", "a", code=0)
    made = yaml.safe_load(out)
    assert made["clusters"][0]["cluster"] == {"server": api.url}
    plugin = made["users"][0]["user"]["exec"]
    assert plugin["command"] == sys.executable
    assert plugin["args"][0] == "-I", "the caller's folder adds no modules"
    assert plugin["args"][-4:] == ["credential", "test", ACCOUNT, "--audience=a"]
    assert plugin["interactiveMode"] == "Never"


def test_the_kubernetes_package_uses_it(stored: Project, api: FakeApi) -> None:
    file = stored.folder / "plugin"
    stored.cortex("kubeconfig", "exec", "test", ACCOUNT, "--output", str(file), code=0)
    api.authorizations.clear()
    stored.cortex("doctor", "test", "--kubeconfig", str(file), code=0)
    assert "Bearer very-secret-bound-token" in api.authorizations
    assert len(api.tokens) == 1


REFUSED = [
    (("other",), 2, "no kubeconfig of stack other is stored"),
    (("test", "--account", "alone"), 2, "--account: 'alone' is not NAMESPACE/NAME of a ServiceAccount"),
    (("test", "--account", "a/../b"), 2, "is not NAMESPACE/NAME"),
    (("test", "--audience", "a"), 2, "name its --account, too"),
    (("../test", ACCOUNT), 2, "is not a stack name"),
]


@pytest.mark.parametrize(("args", "code", "said"), REFUSED)
def test_refused_in_one_sentence(stored: Project, args: tuple[str, ...], code: int, said: str) -> None:
    _, err = stored.cortex("credential", *args, code=code)
    assert said in err
    assert err.count("\n") == 1


def test_a_missing_permission_is_named(stored: Project, api: FakeApi) -> None:
    api.faults[TOKEN] = [status(403, "no")]
    _, err = stored.cortex("credential", "test", ACCOUNT, code=3)
    assert 'lacks the verb "create" on "serviceaccounts/token" in namespace cortex-system' in err
    assert not cached(stored)


def test_a_plugin_of_its_own_is_not_wrapped(stored: Project) -> None:
    plugin = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws", "interactiveMode": "Never"}}
    file = written(stored.folder / "source", kubeconfig(user=plugin))
    stored.cortex("kubeconfig", "import", str(file), "test", "--replace", "--allow-exec", "aws", code=0)
    _, err = stored.cortex("credential", "test", code=2)
    assert "has a credential plugin of its own" in err
