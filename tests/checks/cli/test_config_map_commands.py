"""The commands `cortex config get`, `set` and `diff` against an API server that a test plays."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from tests.checks import in_process
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.world import SETTINGS, Json, World, declared

OWN = {"server-config.yaml": "a: 1\nb: 2\n", "level": "info"}
PARTS = {
    "servers": {"clock": {**SETTINGS["servers"]["time"], "config": OWN}},
    "configMaps": {
        "shared": {"namespace": "cortex-mcp", "data": {"level": "info", "a.txt": "one\ntwo\nthree\n"}},
        "system": {"namespace": "cortex-system", "name": "shared", "data": {"x": "y"}},
    },
}
PATH = "/api/v1/namespaces/cortex-mcp/configmaps/motd"


def config_map(name: str, data: dict[str, str] | None = None, **fields: object) -> Json:
    """Give a ConfigMap that the stack does not declare."""
    meta = {"name": name, "namespace": "cortex-mcp", "uid": f"uid-{name}", "resourceVersion": "7"}
    return {"metadata": meta, **({"data": data} if data else {}), **fields}


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """An API server of a stack with ConfigMaps, and with some that are not declared."""
    world = World(declared(**PARTS))
    world.objects["configmaps", "cortex-mcp"] += [
        config_map("motd", {"text": "hi\x1b[31m", "features.json": '{"a": 1}\n'}, binaryData={"logo": "AAAA"}),
        config_map("empty"),
        config_map("fixed", {"a": "1"}, immutable=True),
        config_map("kube-root-ca.crt", {"ca.crt": "x"}),
    ]
    with serve(world) as api:
        yield api


@pytest.fixture
def project(tmp_path: Path, api: FakeApi) -> Project:
    project = Project(tmp_path, api.url)
    project.declare({**SETTINGS, **PARTS})
    return project


def live(api: FakeApi, name: str) -> Json:
    """Return a ConfigMap of cortex-mcp."""
    return next(one for one in api.world.objects["configmaps", "cortex-mcp"] if one["metadata"]["name"] == name)


def test_keys_and_values_are_shown(project: Project) -> None:
    out, err = project.cortex("config", "get", "test", "motd", code=0)
    assert (out, err) == ('features.json: {"a": 1}\ntext: hi [31m\nlogo: (binary)\n', "")
    out, _ = project.cortex("config", "get", "test", "shared", "-n", "cortex-mcp", code=0)
    assert out == "a.txt: |\n  one\n  two\n  three\nlevel: info\n"


def test_one_value_is_written_as_it_is(project: Project) -> None:
    out, _ = project.cortex("config", "get", "test", "clock-mcp-config", "server-config.yaml", code=0)
    assert out == OWN["server-config.yaml"]
    assert project.cortex("config", "get", "test", "motd", "text", code=0)[0] == "hi\x1b[31m"


def test_a_terminal_gets_no_control_characters(project: Project) -> None:
    main, terminal = os.openpty()
    with os.fdopen(main, "rb") as screen, os.fdopen(terminal, "w") as out, TemporaryFile("w+") as err:
        arguments = ["config", "get", "test", "motd", "text"]
        assert in_process.run_into(out, err, arguments, project.folder, project.environment()) == 0
        assert os.read(screen.fileno(), 100) == b"hi [31m\r\n"


def test_keys_are_shown_as_json(project: Project) -> None:
    shown = json.loads(project.cortex("config", "get", "test", "motd", "--format", "json", code=0)[0])
    assert (shown["schema"], shown["namespace"], shown["name"]) == ("cortex.dev/config-get/v1", "cortex-mcp", "motd")
    assert (shown["data"]["text"], shown["binaryKeys"], shown["immutable"]) == ("hi\x1b[31m", ["logo"], False)


def test_a_name_is_that_on_the_cluster_or_a_key(project: Project) -> None:
    assert project.cortex("config", "get", "test", "system", "x", code=0)[0] == "y"
    assert project.cortex("config", "get", "test", "shared", "x", "-n", "cortex-system", code=0)[0] == "y"
    _, err = project.cortex("config", "get", "test", "shared", code=2)
    assert err == (
        "cortex: there are ConfigMaps 'shared' in the namespaces cortex-mcp, cortex-system: choose one with "
        "--namespace\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mtod"], "there is no ConfigMap 'mtod' in the namespaces of the stack: did you mean 'motd'?"),
        (["motd", "txt"], "ConfigMap cortex-mcp/motd has no key 'txt': did you mean 'text'?"),
        (["empty", "a"], "ConfigMap cortex-mcp/empty has no key 'a': it has no keys"),
        (["motd", "logo"], "ConfigMap cortex-mcp/motd: the value of logo is binary: read it with "),
        (["motd", "-n", "cortex-mpc"], "--namespace: the stack has no namespace 'cortex-mpc': did you mean"),
        (["motd", "-n", "cortex-system"], "there is no ConfigMap 'motd' in namespace cortex-system: known are "),
    ],
)
def test_what_is_not_there_is_one_sentence(project: Project, arguments: list[str], message: str) -> None:
    out, err = project.cortex("config", "get", "test", *arguments, code=2)
    assert out == ""
    assert err.startswith(f"cortex: {message}")
    assert err.count("\n") == 1


def test_a_forbidden_list_could_not_be_checked(project: Project, api: FakeApi) -> None:
    api.faults["/api/v1/namespaces/cortex-mcp/configmaps"] = [status(403, "no")]
    for arguments in (["get", "test", "motd"], ["set", "test", "motd", "text", "--file", "kubeconfig", "--yes"]):
        _, err = project.cortex("config", *arguments, code=3)
        assert err == (
            'cortex: cannot list configmaps in namespace cortex-mcp: the account lacks the verb "list" on '
            '"configmaps" in namespace cortex-mcp: grant it\n'
        )


def set_value(project: Project, name: str, key: str, value: str, code: int) -> tuple[str, str]:
    """Set a key by a file, without being asked."""
    file = project.folder / "value"
    file.write_text(value)
    return project.cortex("config", "set", "test", name, key, "--file", str(file), "--yes", code=code)


def test_a_value_is_replaced_if_it_is_as_seen(project: Project, api: FakeApi) -> None:
    out, err = set_value(project, "motd", "text", "ho", 0)
    assert out == ("ConfigMap cortex-mcp/motd\n--- text (live)\n+++ text (new)\n@@ -1 +1 @@\n-hi [31m\n+ho\n")
    assert err == "cortex: text of ConfigMap cortex-mcp/motd was set\n"
    assert live(api, "motd")["data"]["text"] == "ho"
    ((path, query, operations),) = api.patched
    assert (path, query) == (PATH, {"fieldManager": "cortex-config"})
    assert operations == [
        {"op": "test", "path": "/metadata/uid", "value": "uid-motd"},
        {"op": "test", "path": "/data/text", "value": "hi\x1b[31m"},
        {"op": "replace", "path": "/data/text", "value": "ho"},
    ]


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [("y\n", 0, "text of ConfigMap cortex-mcp/motd was set"), ("n\n", 1, "nothing"), ("\x04", 130, "nothing")],
)
def test_a_value_is_written_after_a_yes(project: Project, api: FakeApi, answer: str, code: int, told: str) -> None:
    (project.folder / "value").write_text("ho")
    main, terminal = os.openpty()
    with os.fdopen(main, "w") as keyboard, os.fdopen(terminal) as stdin:
        keyboard.write(answer)
        keyboard.flush()
        args = ["config", "set", "test", "motd", "text", "--file", "value"]
        done = in_process.run(args, project.folder, project.environment(), stdin)
    assert (done.code, "Traceback" in done.err) == (code, False)
    assert "Write text of ConfigMap cortex-mcp/motd to test? [y/N]:" in done.err
    assert told in done.err
    assert len(api.patched) == (code == 0)


@pytest.mark.parametrize("name", ["motd", "empty"])
def test_a_key_is_added(project: Project, api: FakeApi, name: str) -> None:
    out, _ = set_value(project, name, "new.yaml", "a: 1\n", 0)
    assert "--- new.yaml (live, absent)\n" in out
    assert live(api, name)["data"]["new.yaml"] == "a: 1\n"


def test_the_same_value_is_not_written(project: Project, api: FakeApi) -> None:
    out, err = set_value(project, "motd", "features.json", '{"a": 1}\n', 0)
    assert (out, err) == ("", "cortex: features.json of ConfigMap cortex-mcp/motd has this value already\n")
    assert not api.patched


@pytest.mark.parametrize(
    ("name", "key", "message"),
    [
        (
            "system",
            "x",
            "Pulumi.test.yaml: cortex:configMaps.system.data.x: the stack declares ConfigMap cortex-system/shared: "
            "change this setting and run `pulumi up --stack test`",
        ),
        (
            "clock-mcp-config",
            "server-config.yaml",
            "Pulumi.test.yaml: cortex:servers.clock.config.server-config.yaml: the stack declares ConfigMap "
            "cortex-mcp/clock-mcp-config: change this setting and run `pulumi up --stack test`",
        ),
        (
            "cortex-declaration",
            "declaration.json",
            "ConfigMap cortex-system/cortex-declaration has the declaration of the last deployment: it is written by "
            "`pulumi up`",
        ),
        (
            "kube-root-ca.crt",
            "ca.crt",
            "ConfigMap cortex-mcp/kube-root-ca.crt is written by Kubernetes: it cannot be set",
        ),
        (
            "motd",
            "features.json",
            "features.json is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1): "
            "correct the value",
        ),
        ("motd", "a/b", "KEY: 'a/b' is not a file name: use at most 253 letters, "),
        ("motd", "logo", "ConfigMap cortex-mcp/motd: the value of logo is binary: set it with kubectl"),
        (
            "fixed",
            "a",
            "ConfigMap cortex-mcp/fixed is immutable: create another one, and let its users refer to that",
        ),
    ],
)
def test_what_is_not_set_here_is_refused(project: Project, api: FakeApi, name: str, key: str, message: str) -> None:
    out, err = set_value(project, name, key, "{", 2)
    assert out == ""
    assert err.startswith(f"cortex: {message}")
    assert err.count("\n") == 1
    assert not api.patched


@pytest.mark.parametrize("key", ["x", "new"])
def test_a_value_of_another_file_is_refused_with_its_place(project: Project, key: str) -> None:
    base = {"configMaps": {"system": PARTS["configMaps"]["system"]}}
    (project.folder / "cortex.base.yaml").write_text(json.dumps(base))
    project.declare({**SETTINGS, **PARTS, "extends": "base", "configMaps": {}})
    _, err = set_value(project, "system", key, "{", 2)
    assert err.startswith(f"cortex: cortex.base.yaml: configMaps.system.data.{key}: the stack declares ConfigMap ")


def test_what_is_labelled_as_the_stacks_is_refused(project: Project, api: FakeApi) -> None:
    live(api, "motd")["metadata"]["labels"] = {"cortex.dev/component": "mcp-servers"}
    _, err = set_value(project, "motd", "text", "ho", 2)
    assert err == (
        "cortex: Pulumi.test.yaml: cortex:configMaps: ConfigMap cortex-mcp/motd has the label cortex.dev/component of "
        "objects of a stack, and is not declared: declare it here and run `pulumi up --stack test`, or remove the "
        "label\n"
    )


def test_what_changed_meanwhile_is_not_written(project: Project, api: FakeApi) -> None:
    api.on_write = lambda path: live(api, "motd")["data"].update(text="theirs")
    _, err = set_value(project, "motd", "text", "ho", 3)
    assert err == (
        "cortex: ConfigMap cortex-mcp/motd was changed meanwhile: nothing was written: run the command again\n"
    )
    assert live(api, "motd")["data"]["text"] == "theirs"


def test_what_the_api_server_refuses_is_told(project: Project, api: FakeApi) -> None:
    api.faults[PATH] = [status(403, "no")]
    _, err = set_value(project, "motd", "text", "ho", 3)
    assert err == (
        'cortex: cannot patch configmaps cortex-mcp/motd: the account lacks the verb "patch" on "configmaps" in '
        "namespace cortex-mcp: grant it\n"
    )


def test_without_a_terminal_nothing_is_asked(project: Project) -> None:
    _, err = project.cortex("config", "set", "test", "motd", "text", "--file", "kubeconfig", code=2)
    assert err == "cortex: there is no terminal to ask on: give --yes to write without asking\n"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("missing", "--file: missing cannot be read (No such file or directory): name another file"),
        ("binary", "the value is not UTF-8: write it as text"),
    ],
)
def test_a_bad_file_is_refused(project: Project, file: str, message: str) -> None:
    (project.folder / "binary").write_bytes(b"\xff")
    _, err = project.cortex("config", "set", "test", "motd", "text", "--file", file, "--yes", code=2)
    assert err == f"cortex: {message}\n"


def test_nothing_differs(project: Project) -> None:
    out, err = project.cortex("config", "diff", "test", code=0)
    assert out.splitlines() == [
        "ConfigMap cortex-mcp/clock-mcp-config is as declared",
        "ConfigMap cortex-mcp/shared is as declared",
        "ConfigMap cortex-system/cortex-declaration is as declared",
        "ConfigMap cortex-system/shared is as declared",
    ]
    assert err == ""


def test_each_key_that_differs_is_shown(project: Project, api: FakeApi) -> None:
    live(api, "shared")["data"] = {"a.txt": "one\n2\nthree\n", "level": "info\n", "more": ""}
    out, _ = project.cortex("config", "diff", "test", "shared", code=1)
    assert out.splitlines() == [
        "ConfigMap cortex-mcp/shared differs",
        "  --- a.txt (declared)",
        "  +++ a.txt (live)",
        "  @@ -1,3 +1,3 @@",
        "   one",
        "  -two",
        "  +2",
        "   three",
        "  --- level (declared)",
        "  +++ level (live)",
        "  @@ -1,2 +1 @@",
        "   info",
        "  -\\ No newline at the end",
        "  --- more (declared, absent)",
        "  +++ more (live)",
        "ConfigMap cortex-system/shared is as declared",
    ]
    shown = json.loads(project.cortex("config", "diff", "test", "shared", "--format", "json", code=1)[0])
    assert shown["configMaps"][0]["keys"][1] == {"key": "level", "before": "info", "after": "info\n"}


def test_one_that_is_missing_differs(project: Project, api: FakeApi) -> None:
    api.world.objects["configmaps", "cortex-mcp"].remove(live(api, "clock-mcp-config"))
    out, _ = project.cortex("config", "diff", "test", "clock-mcp-config", code=1)
    assert out == "ConfigMap cortex-mcp/clock-mcp-config does not exist\n"


def test_what_cannot_be_read_is_not_equal(project: Project, api: FakeApi) -> None:
    api.faults["/api/v1/namespaces/cortex-mcp/configmaps"] = [status(403, "no")]
    out, _ = project.cortex("config", "diff", "test", code=3)
    assert "ConfigMap cortex-system/shared is as declared\n" in out
    assert "cortex-mcp/shared" not in out
    assert 'the account lacks the verb "list" on "configmaps" in namespace cortex-mcp' in " ".join(out.split())


def test_an_undeclared_name_has_no_difference(project: Project) -> None:
    _, err = project.cortex("config", "diff", "test", "motd", code=2)
    assert err.startswith("cortex: the stack declares no ConfigMap 'motd': known are ")
