"""`cortex kubeconfig rotate` and `check`: the new token is tried first, the old one is kept until confirmed."""

import base64
import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks import private_files
from checks.kubeconfigs import inspection, renewal, store
from checks.kubeconfigs.document import Kubeconfig
from stacks.model import names
from tests.checks.cli.project import Project, command
from tests.checks.fake_api import Answer, FakeApi, status
from tests.checks.kubeconfigs.certificates import certificate_user, kubeconfig, pair, written
from tests.checks.reports import validate
from tests.preloaded import Preloaded

TOKEN = "/api/v1/namespaces/cortex-system/serviceaccounts/bot/token"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
LEGACY = {
    "kubernetes.io/serviceaccount/secret.name": "bot-token",
    "kubernetes.io/serviceaccount/namespace": "cortex-system",
}
NEW = {"token": "very-secret-bound-token"}


def token(**claims: Any) -> str:
    """Make a JSON Web Token of a ServiceAccount."""
    told = {"sub": "system:serviceaccount:cortex-system:bot", **claims}
    return f"e30.{base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip('=')}.very-secret-signature"


def lasting(seconds: int) -> dict[str, float]:
    now = datetime.now(UTC).timestamp()
    return {"iat": now - 60, "exp": now - 60 + seconds}


def keep(project: Project, api: FakeApi, user: dict[str, Any], *args: str) -> None:
    """Store a kubeconfig with this credential."""
    file = written(project.folder / "source", kubeconfig({"server": api.url}, user))
    project.cortex("kubeconfig", "import", str(file), "test", "--allow-insecure", *args, code=0)


def user_of(project: Project) -> dict[str, Any]:
    """Return the stored credential."""
    found: dict[str, Any] = yaml.safe_load(project.run("kubeconfig", "export", "test").out)["users"][0]["user"]
    return found


def folder(project: Project) -> Path:
    return project.folder / ".local" / "state" / "cortex" / "kubeconfig"


def previous(project: Project) -> Path:
    return folder(project) / "previous" / "test.yaml"


def test_a_new_token_is_as_long_valid_and_the_old_one_is_kept(project: Project, api: FakeApi) -> None:
    old = {"token": token(**lasting(7200))}
    keep(project, api, old)
    _, err = project.cortex("kubeconfig", "rotate", "test", code=0)
    assert "stack test has a new token" in err
    assert api.tokens == [(TOKEN, {"expirationSeconds": 7200})]
    assert user_of(project) == NEW
    assert previous(project).read_text().startswith("-----BEGIN AGE")
    assert (previous(project).stat().st_mode & 0o777, previous(project).parent.stat().st_mode & 0o777) == (0o600, 0o700)
    for refused in ("rotate", "seal", "unseal"):
        _, err = project.cortex("kubeconfig", refused, "test", code=2)
        assert "is not confirmed: `cortex kubeconfig rotate test --confirm`" in err
    project.cortex("kubeconfig", "rotate", "test", "--undo", code=0)
    assert user_of(project) == old
    assert not previous(project).exists()


def test_confirming_says_until_when_the_old_one_is_valid(project: Project, api: FakeApi) -> None:
    keep(project, api, {"token": token(exp=4000000000)})
    project.cortex("kubeconfig", "rotate", "test", code=0)
    assert api.tokens[0][1] == {"expirationSeconds": 90 * 86400}, "a token without a beginning lasts a quarter"
    _, err = project.cortex("kubeconfig", "rotate", "test", "--confirm", code=0)
    assert "valid until 2096-10-02 07:06 UTC: Kubernetes cannot revoke one alone" in err
    assert not previous(project).exists()
    _, err = project.cortex("kubeconfig", "rotate", "test", "--confirm", code=2)
    assert "has no rotation to confirm" in err


def test_a_token_that_never_expires_is_revoked(project: Project, api: FakeApi) -> None:
    keep(project, api, {"token": token(**LEGACY)})
    project.cortex("kubeconfig", "rotate", "test", code=0)
    assert not api.deleted
    _, err = project.cortex("kubeconfig", "rotate", "test", "--confirm", code=0)
    assert api.deleted == ["/api/v1/namespaces/cortex-system/secrets/bot-token"]
    assert "revoked on the cluster" in err


def test_nothing_changes_if_the_cluster_gives_no_token(project: Project, api: FakeApi) -> None:
    keep(project, api, {"token": token()})
    before = (folder(project) / "test.yaml").read_bytes()
    api.faults[TOKEN] = [status(403, "no")]
    project.cortex("kubeconfig", "rotate", "test", code=3)
    del api.faults[TOKEN]
    api.faults[WHO] = [status(401, "no")]
    _, err = project.cortex("kubeconfig", "rotate", "test", code=3)
    assert "the API server rejects the credentials" in err
    assert (folder(project) / "test.yaml").read_bytes() == before
    assert not previous(project).exists()


def test_a_credential_of_another_account_is_refused(
    project: Project, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(project, api, {"token": token()})
    accounts = iter(["bot", "someone else"])

    async def account(_: object) -> str:
        return next(accounts)

    monkeypatch.setattr(renewal, "account", account)
    _, err = project.cortex("kubeconfig", "rotate", "test", code=3)
    assert "the new credential is that of someone else, not of bot: the old one is kept" in err
    assert not previous(project).exists()


@pytest.mark.parametrize("confirm", [False, True])
def test_a_rotation_that_ended_before_the_swap_is_done_again(
    project: Project, api: FakeApi, monkeypatch: pytest.MonkeyPatch, *, confirm: bool
) -> None:
    keep(project, api, {"token": token(**LEGACY)})

    def killed(_stack: str, _kubeconfig: Kubeconfig) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as changed:
        changed.setattr(store, "write", killed)
        project.cortex("kubeconfig", "rotate", "test", code=130)
    assert previous(project).read_bytes() == (folder(project) / "test.yaml").read_bytes()
    if confirm:
        _, err = project.cortex("kubeconfig", "rotate", "test", "--confirm", code=2)
        assert "was interrupted, and the old credential is in place" in err
        assert not api.deleted
    project.cortex("kubeconfig", "rotate", "test", code=0)
    assert user_of(project) == NEW


def test_a_rotation_that_is_killed_is_done_again(project: Project, api: FakeApi) -> None:
    old = {"token": token()}
    keep(project, api, old)
    started: list[Preloaded[bytes]] = []

    class Killing(list[Any]):
        def append(self, request: Any) -> None:
            super().append(request)
            started[0].kill()

    api.tokens = Killing()
    run = command(["kubeconfig", "rotate", "test"])
    started.append(Preloaded(run, cwd=project.folder, env=project.environment()))
    assert started[0].wait(timeout=60) == -signal.SIGKILL
    assert user_of(project) == old
    api.tokens = []
    project.cortex("kubeconfig", "rotate", "test", code=0)
    assert user_of(project) == NEW


@pytest.mark.parametrize(("most", "file"), [(1, "previous/test.yaml"), (600, "test.yaml")])
def test_a_full_disk_during_a_rotation_keeps_the_old_one(project: Project, api: FakeApi, most: int, file: str) -> None:
    """First the old one is copied, which has fewer than 600 bytes, then the new one is written, which has more."""
    old = {"token": token()}
    keep(project, api, old, "--plain")
    long = {
        "status": {"token": token(**lasting(600), padding="x" * 600), "expirationTimestamp": "2099-01-01T00:00:00Z"}
    }
    api.faults[TOKEN] = [Answer(201, json.dumps(long).encode(), {"Content-Type": "application/json"})]
    done = project.with_small_files(most, "kubeconfig", "rotate", "test")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"cannot write {folder(project) / file}: " in done.stderr
    assert user_of(project) == old
    del api.faults[TOKEN]
    project.cortex("kubeconfig", "rotate", "test", code=0)
    assert user_of(project) == NEW


def test_two_rotations_at_once(project: Project, api: FakeApi) -> None:
    keep(project, api, {"token": token()})
    with private_files.locked(folder(project) / ".test.yaml.lock", "it"):
        _, err = project.cortex("kubeconfig", "rotate", "test", code=3)
    assert "works on the stored kubeconfig of stack test" in err
    assert not api.tokens


PLUGIN = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws", "interactiveMode": "Never"}}


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"token": "opaque"}, "is not that of a ServiceAccount"),
        ({"token": token(sub="alice")}, "is not that of a ServiceAccount"),
        (
            certificate_user(pair(group="system:masters")),
            "the API server signs no certificate of the group system:masters",
        ),
        (PLUGIN, "has a credential plugin, which renews the credential by itself"),
    ],
)
def test_what_cannot_be_renewed(project: Project, api: FakeApi, user: dict[str, Any], said: str) -> None:
    keep(project, api, user, "--allow-exec", "aws")
    _, err = project.cortex("kubeconfig", "rotate", "test", code=2)
    assert said in err


def test_check_tells_account_rights_and_days(project: Project, api: FakeApi) -> None:
    keep(project, api, {"token": token(**lasting(86400 * 20))})
    api.denied.add(("*", "*"))
    out, _ = project.cortex("kubeconfig", "check", "test", "--format", "json", code=0)
    report = json.loads(out)
    validate(report, inspection.SCHEMA)
    assert (report["account"], report["daysLeft"], report["deployed"]) == ("tester", 19, "test")
    assert [one["allowed"] for one in report["rights"]] == [False, True, True, True]
    out, _ = project.cortex("kubeconfig", "check", "test", code=0)
    assert ["rights", "may", "not", "*", "*"] in [line.split() for line in out.splitlines()]


def test_check_finds_what_is_wrong(project: Project, api: FakeApi) -> None:
    keep(project, api, {"token": token(**lasting(300))}, "--context", "test")
    folder(project).chmod(0o755)
    declaration = api.world.one("configmaps", names.SYSTEM_NAMESPACE, names.DECLARATION_CONFIG_MAP)
    content = json.loads(declaration["data"][names.DECLARATION_KEY])
    content["cluster"]["context"] = "other"
    declaration["data"][names.DECLARATION_KEY] = json.dumps(content)
    out, _ = project.cortex("kubeconfig", "check", "test", code=1)
    assert f"problem     others can enter the folder: `chmod 700 {folder(project)}`" in out
    assert "problem     another stack is deployed on this cluster: its context is 'other'" in out
    assert "problem     the token expires on" in out


def test_check_of_an_unreachable_cluster_knows_nothing(project: Project, api: FakeApi) -> None:
    file = written(project.folder / "source", kubeconfig())
    project.cortex("kubeconfig", "import", str(file), "test", code=0)
    out, _ = project.cortex("kubeconfig", "check", "test", code=3)
    assert "unknown     read /version: the API server cannot be reached" in out


def test_expiry_is_for_a_message() -> None:
    assert renewal.validity(None) == "without an end"
    assert renewal.validity(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=1)) == "until 2026-01-01 01:00 UTC"
