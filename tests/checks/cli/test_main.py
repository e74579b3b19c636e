"""The `cortex` command: what users see, and the exit codes that their pipelines act on."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from checks.cli import schemas
from checks.results.catalogue import catalogue
from tests.checks import in_process
from tests.checks.fake_api import Answer, FakeApi, html, serve, status
from tests.checks.in_process import Done
from tests.checks.metrics.test_metrics import scrape
from tests.checks.world import SETTINGS, World, declared

ROOT = Path(__file__).parents[3]
LIGHT = {**SETTINGS, "servers": {}, "configMaps": {}}
"""Without servers, and without the ConfigMap that nobody would use then."""


class Project:
    """A project's folder with one stack, and a kubeconfig that leads to an API server."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        (folder / "Pulumi.yaml").write_text("name: cortex\n")
        self.declare(LIGHT)
        self.kubeconfig = folder / "kubeconfig"
        self.connect({"server": url}, {"token": "very-secret-token"})

    def declare(self, settings: object) -> None:
        """Write the stack file."""
        config = {f"cortex:{key}": value for key, value in settings.items()} if isinstance(settings, dict) else settings
        (self.folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}))

    def connect(self, cluster: object, user: object) -> None:
        """Write the kubeconfig."""
        context = {"name": "test", "context": {"cluster": "c", "user": "u"}}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": user}],
            "contexts": [context],
        }
        self.kubeconfig.write_text(yaml.safe_dump(config))

    def environment(self) -> dict[str, str]:
        """Give the environment of the command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CORTEX_")}
        return {**kept, "PYTHONPATH": str(ROOT), "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.folder)}

    def run(self, *args: str, cwd: Path | None = None) -> Done:
        """Run the command where its output may hold a secret."""
        return in_process.run(args, cwd or self.folder, self.environment())

    def cortex(self, *args: str, code: int, cwd: Path | None = None) -> tuple[str, str]:
        """Run the command, and give its output and its diagnostics."""
        done = self.run(*args, cwd=cwd)
        return checked(done, code)

    def process(self, *args: str, code: int) -> tuple[str, str]:
        """Run the command as a process of its own."""
        done = subprocess.run(
            command(args), cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=60
        )
        return checked(Done(done.returncode, done.stdout, done.stderr), code)


def checked(done: Done, code: int) -> tuple[str, str]:
    assert done.code == code, done.out + done.err
    assert "Traceback" not in done.out + done.err
    assert "very-secret" not in done.out + done.err
    return done.out, done.err


def command(args: Sequence[str]) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "tests.checks.patient", *args]


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers={}, configMaps={}))) as api:
        yield api


@pytest.fixture
def project(tmp_path: Path, api: FakeApi) -> Project:
    return Project(tmp_path, api.url)


def test_as_declared(project: Project) -> None:
    out, err = project.cortex("verify", "test", code=0)
    lines = out.splitlines()
    assert lines[0].startswith("cortex verify test  context test, http://127.0.0.1:")
    assert lines[2].split() == ["CHECK", "PASSED", "FINDINGS", "UNKNOWN", "TIME", "STATUS"]
    assert [line.split()[-1] for line in lines[3:16]] == ["pass"] * 13
    assert "assertions hold" in lines[-1]
    assert "\x1b" not in out
    assert err == ""


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        ([], 0, "Not as declared: 0 errors, 2 warnings"),
        (["--fail-on", "warning"], 1, "warning namespace.annotation"),
        (["--only", "nothing"], 2, "--only: 'nothing' is not a check"),
        (["--context", "away"], 3, "the API server cannot be reached"),
    ],
)
def test_the_process_ends_with_the_code(
    project: Project, api: FakeApi, args: list[str], code: int, sentence: str
) -> None:
    api.world.one("namespaces", "", "cortex-mcp")["metadata"]["annotations"].clear()
    config = yaml.safe_load(project.kubeconfig.read_text())
    config["clusters"].append({"name": "away", "cluster": {"server": "http://127.0.0.1:1"}})
    config["contexts"].append({"name": "away", "context": {"cluster": "away", "user": "u"}})
    project.kubeconfig.write_text(yaml.safe_dump(config))
    assert sentence in "".join(project.process("verify", "test", *args, code=code))


def test_runs_from_a_folder_below(project: Project) -> None:
    below = project.folder / "a" / "b"
    below.mkdir(parents=True)
    project.cortex("verify", "test", code=0, cwd=below)


def test_findings_are_shown_with_what_to_do(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    api.world.one("resourcequotas", "cortex-mcp")["spec"]["hard"]["pods"] = "7"
    api.world.one("namespaces", "", "cortex-mcp")["metadata"]["annotations"]["cortex.dev/owner"] = "[red]\x1b[31m"
    out, _ = project.cortex("verify", "test", code=1)
    assert "error node.count  the cluster has 1 nodes, not 2" in out
    assert "ResourceQuota cortex-mcp/cortex-mcp-quota\n  error quota.hard  spec.hard.pods is not as declared" in out
    assert "    expected 50\n    actual   7\n    remedy   pulumi\n    hint     " in out
    assert "actual   [red] [31m" in out, "neither markup nor control characters of the cluster's texts take effect"
    assert "Not as declared: 2 errors, 1 warning, 0 unknown" in out


def test_warning_fails_only_when_asked(project: Project, api: FakeApi) -> None:
    api.world.one("namespaces", "", "cortex-mcp")["metadata"]["annotations"].clear()
    project.cortex("verify", "test", code=0)
    project.cortex("verify", "test", "--fail-on", "warning", code=1)


def test_json_follows_its_schema(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    api.faults |= {path: [status(403, "no")] for path in ("/api/v1/pods", "/api/v1/namespaces/cortex-mcp/pods")}
    out, err = project.cortex("verify", "test", "--format", "json", code=1)
    report = json.loads(out)
    jsonschema.validate(report, json.loads(schemas.schema()))
    assert (report["schema"], report["stack"], report["exitCode"]) == ("cortex.dev/verify/v2", "test", 1)
    assert [result["name"] for result in report["results"]] == [
        "connection",
        "namespaces",
        "servers",
        "health",
        "mcp",
        "metrics",
        "usage",
        "rbac",
        "network",
        "secrets",
        "config",
        "objects",
        "declaration",
    ]
    (finding,) = report["results"][0]["findings"]
    assert (finding["code"], finding["expected"], finding["actual"]) == ("node.count", 2, 1)
    permissions = [unknown["permission"] for unknown in report["results"][2]["unknowns"]]
    right = {"verb": "list", "resource": "pods"}
    assert permissions == [{**right, "namespace": "cortex-mcp"}, right]
    assert err == ""


def test_prometheus_format_counts_by_check(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    api.faults |= {path: [status(403, "no")] for path in ("/api/v1/pods", "/api/v1/namespaces/cortex-mcp/pods")}
    out, err = project.cortex("verify", "test", "--format", "prometheus", code=1)
    lines = out.splitlines()
    assert 'cortex_verify_findings{check="connection",context="test",severity="error"} 1.0' in lines
    assert 'cortex_verify_unknown{check="servers",context="test"} 2.0' in lines
    assert 'cortex_verify_exit_code{context="test"} 1.0' in lines
    assert err == ""


def test_committed_schema_is_current() -> None:
    for name in schemas.documents():
        assert schemas.file(name).read_text() == schemas.schema(name), "run: python -m checks.cli.schemas"


def test_output_goes_into_the_file_whole(project: Project, api: FakeApi) -> None:
    target = project.folder / "report.json"
    target.write_text("old")
    out, _ = project.cortex("verify", "test", "--format", "json", "--output", str(target), code=0)
    assert out == ""
    assert json.loads(target.read_text())["status"] == "pass"
    assert [path.name for path in project.folder.glob(".report*")] == []


def test_unwritable_output(project: Project) -> None:
    _, err = project.cortex("verify", "test", "--output", str(project.folder / "no" / "where"), code=2)
    assert err.startswith("cortex: cannot write ")
    assert err.count("\n") == 1


def test_forbidden_is_unknown_and_names_the_permission(project: Project, api: FakeApi) -> None:
    api.faults["/api/v1/nodes"] = [status(403, "no")]
    out, _ = project.cortex("verify", "test", code=3)
    assert 'the account lacks the verb "list" on "nodes" cluster-wide: grant it' in out
    assert "Not known to be as declared: 0 errors, 0 warnings, 1 unknown" in out


def test_unreachable_and_undecodable_are_unknown(project: Project, api: FakeApi) -> None:
    api.faults["/version"] = [html()]
    out, _ = project.cortex("verify", "test", code=3)
    assert "undecodable" in out
    project.connect({"server": "http://127.0.0.1:1"}, {})
    out, _ = project.cortex("verify", "test", code=3)
    assert "the API server cannot be reached at 127.0.0.1:1: All connection attempts failed" in out
    # The stack declares no servers, so that nobody has to live, or to answer over MCP, and no kube-state-metrics.
    statuses = [line.split()[-1] for line in out.splitlines()[3:16]]
    assert statuses == [*["unknown"] * 3, "pass", "pass", "pass", *["unknown"] * 7]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["verify", "nosuch"], "no stack 'nosuch'"),
        (["verify"], "which STACK? Name one, for instance `cortex verify local`"),
        (["verify", "test", "--publish"], "--publish needs --in-cluster"),
        (["verify", "test", "--in-cluster"], "leave STACK, --kubeconfig and --context out"),
        (["verify", "--in-cluster", "--context", "test"], "leave STACK, --kubeconfig and --context out"),
        (["verify", "--in-cluster"], "--in-cluster works only in a pod with a ServiceAccount's token: "),
        (["verify", "test", "--context", "other"], "has no context 'other': it has test"),
        (["verify", "test", "--kubeconfig", "/nonexistent"], "no kubeconfig at /nonexistent"),
        (["explain", "server.imag"], "no finding has the code 'server.imag'; did you mean server.image"),
    ],
)
def test_mistakes_are_one_sentence(project: Project, args: list[str], sentence: str) -> None:
    out, err = project.cortex(*args, code=2)
    assert out == ""
    assert sentence in err
    assert err.startswith("cortex: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("args", [["verify", "test", "--format", "xml"], ["frobnicate"], ["verify", "--no"]])
def test_bad_usage(project: Project, args: list[str]) -> None:
    out, err = project.cortex(*args, code=2)
    assert out == ""
    assert "Usage: cortex" in err


def test_no_project(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    _, err = project.cortex("verify", "test", code=2, cwd=tmp_path_factory.mktemp("elsewhere"))
    assert "no Pulumi.yaml in" in err


def test_bad_declaration(project: Project) -> None:
    project.declare({**LIGHT, "colour": "red"})
    _, err = project.cortex("verify", "test", code=2)
    assert "cortex:colour: is not a known setting" in err


@pytest.mark.parametrize("text", ["", "[", "{}", "contexts: 5", "contexts: [{name: test, context: {cluster: gone}}]"])
def test_unusable_kubeconfig(project: Project, text: str) -> None:
    project.kubeconfig.write_text(text)
    _, err = project.cortex("verify", "test", code=2)
    assert str(project.kubeconfig) in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("kind", "known"), [("cluster", "c"), ("user", "u")])
def test_kubeconfig_lacks_what_its_context_names(project: Project, api: FakeApi, kind: str, known: str) -> None:
    config = yaml.safe_load(project.kubeconfig.read_text())
    config["contexts"][0]["context"][kind] = "gone"
    project.kubeconfig.write_text(yaml.safe_dump(config))
    _, err = project.cortex("verify", "test", code=2)
    assert err == (
        f"cortex: the kubeconfig {project.kubeconfig} has no {kind} 'gone', which its context 'test' names: "
        f"it has {known}; add the {kind}, or choose another context with --context\n"
    )
    assert not api.requests


def test_failing_credential_plugin(project: Project, api: FakeApi) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "false", "interactiveMode": "Never"}
    project.connect({"server": api.url}, {"exec": plugin})
    _, err = project.cortex("verify", "test", code=3)
    assert "the credential plugin 'false' of context 'test' returned no credential" in err


def test_bearer_token_of_a_credential_plugin_is_sent(project: Project, api: FakeApi) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "very-secret-exec"},
    }
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "echo",
        "args": [json.dumps(credential)],
        "interactiveMode": "Never",
    }
    project.connect({"server": api.url}, {"exec": plugin})
    project.cortex("verify", "test", code=0)
    assert api.authorizations == {"Bearer very-secret-exec"}


def test_every_code_is_explained(project: Project) -> None:
    for code in ("server.image", "namespace.annotation"):
        out, _ = project.cortex("explain", code, code=0)
        entry = catalogue()[code]
        assert out.startswith(f"{code} ({entry.severity}): {entry.title}\n\n{entry.meaning}\n\nWhat to do (pulumi): ")


def test_help_and_version(project: Project) -> None:
    out, _ = project.cortex("--help", code=0)
    assert all(name in out for name in ("verify", "explain", "version"))
    assert project.cortex("--version", code=0)[0].startswith("cortex ")


LINES = [
    *(f"verify test --format {name}" for name in ("text", "json", "prometheus", "junit", "sarif", "markdown", "html")),
    "doctor test",
    "discover test",
    "usage test",
    "explain server.image",
    "schema",
    "--help",
    "verify --help",
    "local --help",
    "--version",
]


@contextmanager
def unread() -> Iterator[TextIO]:
    """Give a stream into a pipe whose reader has left."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as closed:
        yield closed


@pytest.mark.parametrize("line", LINES)
def test_closed_pipe_is_not_a_finding(project: Project, api: FakeApi, line: str) -> None:
    api.world.tells_usage = True
    with unread() as out, TemporaryFile("w+", encoding="utf-8") as err:
        assert in_process.run_into(out, err, line.split(), project.folder, project.environment()) == 0
        assert err.seek(0, os.SEEK_END) == 0


@pytest.mark.parametrize("line", ["verify test", "verify test --format json", "--help"])
def test_process_with_a_closed_pipe_ends_well(project: Project, line: str) -> None:
    with unread() as out:
        done = subprocess.run(
            command(line.split()),
            cwd=project.folder,
            env=project.environment(),
            stdout=out,
            stderr=subprocess.PIPE,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("name", ["text", "json"])
def test_closed_pipe_hides_no_finding(project: Project, api: FakeApi, name: str) -> None:
    api.world.remove("nodes", "", "node-1")
    with unread() as out, TemporaryFile("w+", encoding="utf-8") as err:
        args = ["verify", "test", "--format", name]
        assert in_process.run_into(out, err, args, project.folder, project.environment()) == 1
        assert err.seek(0, os.SEEK_END) == 0


def test_closed_pipe_hides_no_mistake(project: Project) -> None:
    with unread() as both:
        done = subprocess.run(
            command(["explain", "nothing.such"]),
            cwd=project.folder,
            env=project.environment(),
            stdout=both,
            stderr=both,
            timeout=60,
        )
    assert done.returncode == 2


def test_help_imports_nothing_heavy(project: Project) -> None:
    script = (
        "import sys; from checks.cli.main import main\n"
        "sys.argv = ['cortex', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'kubernetes', 'mcp', 'pydantic', 'httpx2', 'msgspec', 'rich', 'yaml', 'stacks.model.declaration'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=project.environment(), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


METERED = {**LIGHT, "kubeStateMetrics": {"namespace": "cortex-mcp"}}


def test_usage_shows_each_quota(project: Project, api: FakeApi) -> None:
    api.world.tells_usage = True
    api.world.one("resourcequotas", "cortex-mcp")["status"]["used"].update({"pods": "48", "requests.cpu": "2500m"})
    out, err = project.cortex("usage", "test", code=0)
    shown = [line.split() for line in out.splitlines()]
    assert shown[0][:3] == ["cortex", "usage", "test"]
    assert ["cortex-mcp", "0", "pods", "use", "0m", "CPU,", "0Mi", "memory"] in shown
    assert ["pods", "48", "50", "96", "█" * 19 + "░"] in shown
    assert ["requests.cpu", "2500m", "10", "25", "█" * 5 + "░" * 15] in shown
    assert "warning usage.quota  pods: 48 of 50 are used (96.0 %)" in out
    assert err == ""


def test_usage_as_json_follows_its_schema(project: Project, api: FakeApi) -> None:
    api.faults["/apis/metrics.k8s.io"] = [status(403, "no")]
    out, _ = project.cortex("usage", "test", "--format", "json", code=3)
    report = json.loads(out)
    jsonschema.validate(report, json.loads(schemas.schema("cortex.dev/usage/v2")))
    assert (report["status"], report["thresholdPercent"], report["liveAvailable"]) == ("unknown", 90, True)
    assert [space["live"] for space in report["namespaces"]] == [None, None]


def test_metrics_need_a_declared_kube_state_metrics(project: Project) -> None:
    _, err = project.cortex("metrics", "test", code=2)
    assert err == "cortex: stack 'test' declares no kube-state-metrics: add cortex:kubeStateMetrics\n"


def test_metrics_shows_figures_and_health(project: Project, api: FakeApi) -> None:
    project.declare(METERED)
    world = World(declared(servers={}, kubeStateMetrics=METERED["kubeStateMetrics"]))
    api.world.__dict__.update(world.__dict__)
    proxy = "/api/v1/namespaces/cortex-mcp/services/http:kube-state-metrics:"
    plain = {"Content-Type": "text/plain; version=0.0.4"}
    for place, text in (("8080/proxy/metrics", scrape(12)), ("8080/proxy/healthz", "OK"), ("8081/proxy/metrics", "")):
        api.faults[proxy + place] = [Answer(200, text.encode(), plain)]
    out, err = project.cortex("metrics", "test", code=1)
    shown = [" ".join(line.split()) for line in out.splitlines()]
    assert "Nodes 2 1 ready" in shown
    assert "Pods 12 10 running, 1 pending, 1 failed" in shown
    assert "Deployments 2 1 available" in shown
    assert "Health: degraded" in shown
    assert "issue 1 of 2 nodes are not ready" in shown
    assert "advice scale the cluster to at least 3 nodes for high availability" in shown
    assert "error metrics.nodes-not-ready nodes are not ready: node-1" in shown
    assert err == ""
    out, _ = project.cortex("metrics", "test", "--format", "json", code=1)
    report = json.loads(out)
    jsonschema.validate(report, json.loads(schemas.schema("cortex.dev/metrics/v2")))
    assert (report["health"]["status"], report["figures"]["podsFailed"]) == ("degraded", 1)
