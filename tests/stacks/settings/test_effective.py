"""Defaults, presets and base files under what a stack file says of its servers."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.errors import DeclarationError
from stacks.loader import load, read
from stacks.model.presets.installed import installed

NAMESPACE = {"component": "c", "description": "d"}
VALID: dict[str, Any] = {
    "cluster": {"context": "c", "environment": "e"},
    "namespaces": {"cortex-system": NAMESPACE, "cortex-mcp": NAMESPACE},
    "servers": {"clock": {"preset": "time", "image": "registry.test/time:1", "version": "1"}},
}


def write(folder: Path, base: object = None, **changes: object) -> Path:
    settings = {**deepcopy(VALID), **changes}
    config = {f"cortex:{key}": value for key, value in settings.items() if value is not None}
    (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}, sort_keys=False), encoding="utf-8")
    if base is not None:
        (folder / "cortex.base.yaml").write_text(yaml.safe_dump(base), encoding="utf-8")
    return folder


def server(**changes: object) -> dict[str, object]:
    return {"clock": {**VALID["servers"]["clock"], **changes}}


def refusal(folder: Path) -> list[str]:
    with pytest.raises(DeclarationError) as raised:
        load("test", folder)
    return str(raised.value).splitlines()


def test_defaults_are_over_the_preset_and_under_the_server(tmp_path: Path) -> None:
    shared = {"replicas": 5, "port": 9000, "env": {"A": "1", "B": "1"}, "smoke": {"arguments": {"timezone": "UTC"}}}
    write(tmp_path, defaults=shared, servers=server(replicas=1, env={"B": "2", "A": None}))
    clock = load("test", tmp_path).servers["clock"]
    assert (clock.replicas, clock.port, clock.env) == (1, 9000, {"B": "2"})
    (smoke,) = clock.smoke_calls
    assert (smoke.tool, smoke.arguments) == ("get_current_time", {"timezone": "UTC"})


def test_a_preset_named_has_the_declaration_of_one_written_out(tmp_path: Path) -> None:
    named = load("test", write(tmp_path))
    smoke = {"tool": "get_current_time", "arguments": {"timezone": "Europe/London"}}
    out = {"transport": "stdio", "capabilities": {"time": ["get_current_time", "convert_time"]}, "smoke": smoke}
    whole = {**out, "image": "registry.test/time:1", "version": "1"}
    written = load("test", write(tmp_path, servers={"clock": whole}))
    assert named.canonical() == written.canonical()


def test_the_stack_file_is_over_the_file_that_it_extends(tmp_path: Path) -> None:
    base = {**VALID, "defaults": {"replicas": 4}, "servers": {**server(), "old": VALID["servers"]["clock"]}}
    cluster, servers = {"environment": "test"}, {"clock": {"version": "2"}, "old": None}
    write(tmp_path, base, extends="base", cluster=cluster, servers=servers, namespaces=None, defaults={"port": 9000})
    found = load("test", tmp_path)
    assert (found.cluster.context, found.cluster.environment, list(found.servers)) == ("c", "test", ["clock"])
    clock = found.servers["clock"]
    assert (clock.version, clock.replicas, clock.port, clock.transport) == ("2", 4, 9000, "stdio")


def test_servers_keep_the_order_of_the_file(tmp_path: Path) -> None:
    own = {"image": "registry.test/t:1", "version": "1", "transport": "http", "capabilities": {"own": ["a"]}}
    write(tmp_path, servers={"z": own, **server(), "a": VALID["servers"]["clock"], "b": own})
    document = yaml.safe_load((tmp_path / "Pulumi.test.yaml").read_text())
    assert list(load("test", tmp_path).servers) == list(document["config"]["cortex:servers"])


def test_a_file_that_extends_all_has_the_hash_of_one_that_repeats_all(tmp_path: Path) -> None:
    whole = load("test", write(tmp_path)).digest()
    write(tmp_path, VALID, extends="base", **dict.fromkeys(VALID))
    assert load("test", tmp_path).digest() == whole


def test_a_server_with_the_name_of_a_preset_loads_as_written_with_a_warning(tmp_path: Path) -> None:
    own = {"image": "registry.test/t:1", "version": "1", "transport": "http", "capabilities": {"own": ["a"]}}
    loaded = read("test", write(tmp_path, servers={"time": own}))
    assert loaded.declaration.servers["time"].smoke is None
    assert loaded.warnings == (
        "Pulumi.test.yaml: cortex:servers.time: has the name of a preset, but does not use it: "
        "write `preset: time`, or `preset: null` to keep it so",
    )


@pytest.mark.parametrize("preset", ["time", None])
def test_a_server_that_says_what_its_preset_is_gets_no_warning(preset: str | None, tmp_path: Path) -> None:
    own = {"image": "registry.test/t:1", "version": "1", "transport": "http", "capabilities": {"own": ["a"]}}
    assert read("test", write(tmp_path, servers={"time": {**own, "preset": preset}})).warnings == ()


def test_a_refused_server_with_the_name_of_a_preset_gets_the_hint(tmp_path: Path) -> None:
    write(tmp_path, servers={"time": {"image": "registry.test/t:1", "version": "1"}})
    begin = "Pulumi.test.yaml: cortex:servers.time"
    assert refusal(tmp_path) == [
        f"{begin}.transport: is missing",
        f"{begin}.capabilities: is missing",
        f"{begin}: has the name of a preset, but does not use it: "
        "write `preset: time`, or `preset: null` to keep it so",
    ]


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"servers": server(preset="tiem", transport="http", capabilities={"a": ["b"]})},
         ["Pulumi.test.yaml: cortex:servers.clock.preset: there is no preset 'tiem': did you mean 'time'?"]),
        ({"servers": server(preset=["time"], transport="http", capabilities={"a": ["b"]})},
         ["Pulumi.test.yaml: cortex:servers.clock.preset: must be the name of a preset: "
          "`cortex preset list` shows them"]),
        ({"servers": server(preset="talos")},
         ["Pulumi.test.yaml: cortex:servers.clock: preset talos: secrets.0.name: "
          "Secret 'talos-config' is not declared: "
          "add it under cortex:secrets"]),
        ({"defaults": {"port": 0}, "servers": {**server(), "other": VALID["servers"]["clock"]}},
         ["Pulumi.test.yaml: cortex:defaults.port: input should be greater than or equal to 1"]),
        ({"defaults": []}, ["Pulumi.test.yaml: cortex:defaults: must be a mapping of settings of a server"]),
        ({"extends": "base", "base": {"servers": {"clock": {"path": "x"}}, "cluster": {"nodes": 0}}},
         ["cortex.base.yaml: servers.clock.path: 'x' is not an HTTP path: begin it with '/' and use no spaces",
          "cortex.base.yaml: cluster.nodes: input should be greater than or equal to 1"]),
    ],
)  # fmt: skip
def test_a_fault_names_the_place_of_its_setting(changes: dict[str, Any], lines: list[str], tmp_path: Path) -> None:
    found = refusal(write(tmp_path, **changes))
    assert sorted(line.removesuffix(f" Known are {', '.join(installed())}") for line in found) == sorted(lines)


def test_a_project_has_presets_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "weather.yaml").write_text("transport: http\ncapabilities: {weather: [forecast]}\n")
    declaration = load("test", write(tmp_path, servers=server(preset="weather")))
    assert declaration.servers["clock"].capabilities == {"weather": ("forecast",)}


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("weather", "port: ten\n", "preset 'weather' of presets/weather.yaml: port: must be a whole number"),
        ("time", "transport: http\n", "preset 'time' is in cortex-on-kubernetes and in presets/time.yaml: "
         "remove one of them, or give it another name"),
    ],
)  # fmt: skip
def test_a_faulty_preset_of_the_project_is_refused(name: str, text: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / f"{name}.yaml").write_text(text)
    assert refusal(write(tmp_path)) == [line]
