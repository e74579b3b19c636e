import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from stacks.errors import DeclarationError
from stacks.loader import parse
from stacks.model.declaration import Declaration
from stacks.model.image import Image
from stacks.model.image_lock import is_fixed, is_untagged, read_lock


@pytest.mark.parametrize(
    "image",
    [
        "server:1",
        "Registry.test:5000/a/b-c__d.e_f:V1.0-rc_1",
        "[2001:db8::1]:5000/server:1",
        "localhost/server",
        f"registry.test/server@sha256:{'0a' * 32}",
        f"registry.test/server:1@sha512:{'0a' * 64}",
    ],
)
def test_image_references_are_those_of_container_runtimes(image: str) -> None:
    assert TypeAdapter(Image).validate_python(image) == image


@pytest.mark.parametrize(
    ("image", "untagged"),
    [
        ("registry.test/server", True),
        ("localhost:5000/server", True),
        ("server:1", False),
        ("localhost:5000/server:1", False),
        ("registry.test/server@sha256:abc", False),
    ],
)
def test_tag_or_digest_is_seen(image: str, untagged: bool) -> None:
    assert is_untagged(image) is untagged


@pytest.mark.parametrize(
    ("image", "fixed"),
    [
        ("registry.test/server:1", True),
        ("registry.test/server:latest", False),
        ("registry.test/server", False),
        ("localhost:5000/server", False),
        ("registry.test/latest:1", True),
        ("registry.test/server:not-latest", True),
        ("registry.test/server@sha256:abc", True),
        ("registry.test/server:latest@sha256:abc", True),
    ],
)
def test_tags_that_move_are_told_from_those_that_stay(image: str, fixed: bool) -> None:
    assert is_fixed(image) is fixed


def test_no_variable_means_no_lock() -> None:
    assert read_lock({}) == {}


def load(*images: str, **parts: object) -> Declaration:
    servers = {
        f"s{number}": {"image": image, "version": "1", "transport": "http", "capabilities": {"demo": []}}
        for number, image in enumerate(images)
    }
    namespaces = {name: {"component": "c", "description": "d"} for name in ("cortex-system", "cortex-mcp")}
    settings = {"cluster": {"context": "c", "environment": "e"}, "namespaces": namespaces, "servers": servers, **parts}
    return parse(settings, "Pulumi.test.yaml")


def lock(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    path = folder / "images.json"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("CORTEX_IMAGES", str(path))
    return path


def test_lock_completes_untagged_images_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(tmp_path, monkeypatch, json.dumps({"local/a": "local/a:123"}))
    servers = load("local/a", "local/b:1").servers
    assert [server.image for server in servers.values()] == ["local/a:123", "local/b:1"]


def test_lock_completes_the_images_of_metrics_and_verifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(tmp_path, monkeypatch, json.dumps({"local/a": "local/a:123", "local/b": "local/b:456"}))
    loaded = load(kubeStateMetrics={"image": "local/a", "namespace": "cortex-mcp"}, verifier={"image": "local/b"})
    assert loaded.images() == {"kubeStateMetrics.image": "local/a:123", "verifier.image": "local/b:456"}


def test_lock_completes_the_image_of_a_bridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(tmp_path, monkeypatch, json.dumps({"local/bridge": "local/bridge:123"}))
    server = {"image": "local/a:1", "version": "1", "transport": "stdio", "capabilities": {"demo": []}}
    loaded = load(servers={"one": {**server, "bridge": "local/bridge", "command": ["server"]}})
    assert loaded.images() == {"servers.one.image": "local/a:1", "servers.one.bridge": "local/bridge:123"}


def test_lock_completes_the_image_of_a_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(tmp_path, monkeypatch, json.dumps({"local/cortex": "local/cortex:123"}))
    server = {"image": "local/a:1", "version": "1", "transport": "http", "capabilities": {"demo": []}}
    probes = {"tcpSocket": {}, "readiness": {"mcp": {"image": "local/cortex"}}}
    loaded = load(servers={"one": {**server, "probes": probes}})
    assert loaded.images() == {
        "servers.one.image": "local/a:1",
        "servers.one.probes.readiness.mcp.image": "local/cortex:123",
    }
    assert loaded.servers["one"].launcher == "local/cortex:123"


def test_every_unknown_image_has_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(tmp_path, monkeypatch, "{}")
    with pytest.raises(DeclarationError) as raised:
        load("local/a", "local/b")
    assert str(raised.value).splitlines() == [
        f"Pulumi.test.yaml: cortex:servers.s{number}.image: 'local/{name}' has no tag or digest: write one, "
        'or for images built here set CORTEX_IMAGES: eval "$(cortex local env)"'
        for number, name in enumerate("ab")
    ]


def test_missing_lock_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gone.json"
    monkeypatch.setenv("CORTEX_IMAGES", str(path))
    with pytest.raises(DeclarationError) as raised:
        load("local/a")
    assert str(raised.value) == (
        f"Pulumi.test.yaml: the image lock {path} (from CORTEX_IMAGES) cannot be read "
        "(No such file or directory): build the images, or unset the variable"
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[]", "it must be a JSON object of image name to reference"),
        ('{"a": 1}', "it must be a JSON object of image name to reference"),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_broken_lock_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, fault: str) -> None:
    lock(tmp_path, monkeypatch, text)
    with pytest.raises(DeclarationError) as raised:
        load("local/a")
    assert str(raised.value) == f"Pulumi.test.yaml: the image lock (from CORTEX_IMAGES) is broken: {fault}"
