"""A talosconfig: found, read, and refused in one sentence that shows nothing secret."""

import base64
from pathlib import Path

import pytest
import yaml

from checks.errors import UsageError
from checks.talos.client import Route
from checks.talos.observe import routes
from checks.talos.places import from_talosconfig
from checks.talos.talosconfig import load, place
from checks.talos.tls import client_context
from tests.checks.talos.certificates import Authority

AUTHORITY = Authority()


def written(folder: Path, text: str) -> Path:
    file = folder / "talosconfig"
    file.write_text(text)
    return file


def changed(**changes: object) -> str:
    config = yaml.safe_load(AUTHORITY.talosconfig(["10.0.0.1"]))
    config["contexts"]["simulated"].update(changes)
    return yaml.safe_dump(config)


def test_the_option_comes_before_the_variable_before_the_home() -> None:
    environ = {"TALOSCONFIG": "/named", "HOME": "/home/me"}
    assert place(Path("/given"), environ) == Path("/given")
    assert place(None, environ) == Path("/named")
    assert place(None, {"HOME": "/home/me"}) == Path("/home/me/.talos/config")


def test_its_key_is_one_that_openssl_reads(tmp_path: Path) -> None:
    text = AUTHORITY.talosconfig(["10.0.0.1"])
    assert b"BEGIN ED25519 PRIVATE KEY" in base64.b64decode(yaml.safe_load(text)["contexts"]["simulated"]["key"])
    config = load(written(tmp_path, text))
    assert config.key.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert client_context(config).get_ca_certs()
    assert "PRIVATE" not in repr(config)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no current context: it has none"),
        ("[]", "has no current context: it has none"),
        ("{very-secret: [", "is not YAML"),
        ("context: gone\ncontexts: {other: {}}", "has no context 'gone': it has other"),
        (changed(ca=None), "has no ca"),
        (changed(crt=""), "has no crt"),
        (changed(key="very-secret!"), "key is not base64"),
        (changed(key=base64.b64encode(b"very-secret").decode()), "key is not a private key in PEM"),
        (changed(crt=base64.b64encode(b"very-secret").decode()), "ca or crt is not a certificate in PEM"),
        (changed(endpoints="10.0.0.1"), "endpoints is not a list"),
    ],
)
def test_what_is_wrong_with_it_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        load(written(tmp_path, text))
    assert sentence in str(raised.value)
    assert "very-secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_one_names_the_ways_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no talosconfig at .*: choose one with --talosconfig or TALOSCONFIG"):
        load(tmp_path / "missing")


def test_the_declared_context_is_taken(tmp_path: Path) -> None:
    config = yaml.safe_load(AUTHORITY.talosconfig(["10.0.0.1"]))
    config["contexts"]["other"] = {**config["contexts"]["simulated"], "endpoints": ["10.0.0.9"]}
    assert load(written(tmp_path, yaml.safe_dump(config)), "other").endpoints == ("10.0.0.9",)


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        ([], (Route("10.0.0.5", 50000),)),
        (["10.0.0.5", "10.0.0.1"], (Route("10.0.0.5", 50000),)),
        (["10.0.0.1", "10.0.0.5:6000"], (Route("10.0.0.5", 6000),)),
        (["10.0.0.1", "cp:6000"], (Route("10.0.0.1", 50000, "10.0.0.5"), Route("cp", 6000, "10.0.0.5"))),
        (["[fd00::1]:6000", "fd00::2"], (Route("fd00::1", 6000, "10.0.0.5"), Route("fd00::2", 50000, "10.0.0.5"))),
    ],
)
def test_a_node_that_is_not_an_endpoint_is_asked_through_one(
    tmp_path: Path, endpoints: list[str], expected: tuple[Route, ...]
) -> None:
    config = load(written(tmp_path, AUTHORITY.talosconfig(endpoints)))
    assert routes(config, "10.0.0.5", 50000) == expected


def test_without_kubernetes_endpoints_are_of_the_control_plane(tmp_path: Path) -> None:
    config = load(written(tmp_path, AUTHORITY.talosconfig(["10.0.0.1"], nodes=["10.0.0.1", "10.0.0.5"])))
    assert [(one.address, one.control_plane) for one in from_talosconfig(config)] == [
        ("10.0.0.1", True),
        ("10.0.0.5", False),
    ]
