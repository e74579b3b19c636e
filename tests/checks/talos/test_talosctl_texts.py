"""The texts that talosctl prints about a node, and texts that only look like them."""

from collections.abc import Callable

import pytest

from checks.kube.reading import Reason
from checks.talos import talosctl_texts
from checks.talos.answers import Alarm, Clock, Diagnostic, Disk, EtcdStatus, Member, Service
from checks.talos.tables import table
from tests.checks.talos.standin_talosctl import aligned

NODE = "10.0.0.11"
VERSION = f"""Client:
	Tag:         v1.13.2
	Built:       2026-01-01T00:00:00Z
Server:
	NODE:        {NODE}
	Tag:         v1.13.1
	SHA:         0123abcd
	OS/Arch:     linux/amd64
	Enabled:     RBAC
"""
SERVICES = aligned(
    [
        ("NODE", "SERVICE", "STATE", "HEALTH", "LAST CHANGE", "LAST EVENT"),
        (NODE, "apid", "Running", "OK", "8h2m ago", "Health check successful"),
        (NODE, "ext-hello", "Running", "?", "8h2m ago", "Started task ext-hello"),
        (NODE, "kubelet", "Running", "Fail", "2s ago", "Health check failed: refused"),
        (NODE, "etcd", "Preparing", "?", "2s ago", ""),
    ]
)
MEMBERS = aligned(
    [
        ("NODE", "ID", "HOSTNAME", "PEER URLS", "CLIENT URLS", "LEARNER"),
        (NODE, "a8d4a0b4e6a1f5f4", "cp-1", "https://10.0.0.11:2380,https://[fd00::1]:2380", "https://x:2379", "false"),
        (NODE, "00000000000000ff", "cp-2", "https://10.0.0.12:2380", "https://x:2379", "true"),
    ]
)
STATUS = aligned(
    [
        ("NODE", "MEMBER", "DB SIZE", "IN USE", "LEADER", "RAFT INDEX", "LEARNER", "PROTOCOL", "STORAGE", "ERRORS"),
        (NODE, "00000000000000ff", "25 MB", "1.7 MB (6.80%)", "0000000000000000", 53391, "false", "3.6", "3.6", "e, f"),
    ]
)
ALARMS = aligned([("NODE", "MEMBER", "ALARM"), (NODE, "00000000000000ff", "NOSPACE")])
EXTENSIONS = aligned(
    [
        ("NODE", "NAMESPACE", "TYPE", "ID", "VERSION", "NAME", "VERSION"),
        (NODE, "runtime", "ExtensionStatus", "000.iscsi-tools", 1, "iscsi-tools", "v0.2.0"),
        (NODE, "runtime", "ExtensionStatus", "schematic", 1, "schematic", "4a0d65c6"),
    ]
)
PROBLEMS = aligned(
    [
        ("NODE", "NAMESPACE", "TYPE", "ID", "VERSION", "MESSAGE"),
        (NODE, "runtime", "Diagnostic", "kubelet-csr", 3, "rotation is enabled, but CSR is not approved"),
    ]
)
NO_PROBLEMS = "NODE   NAMESPACE   TYPE   ID   VERSION   MESSAGE\n"
DETAILS = f"""{{
    "metadata": {{"namespace": "runtime", "type": "Diagnostics.runtime.talos.dev", "id": "kubelet-csr", "version": 3}},
    "node": "{NODE}",
    "spec": {{"details": ["csr-1", "csr-2"], "message": "not approved"}}
}}
"""
TIME = aligned(
    [
        ("NODE", "NTP-SERVER", "NODE-TIME", "NTP-SERVER-TIME"),
        (NODE, "time.test", "2026-01-01 12:00:02.5 +0000 UTC", "2026-01-01 12:00:00 +0000 UTC"),
    ]
)
MEMORY = aligned([("NODE", "TOTAL", "USED", "AVAILABLE"), (NODE, 3931, 900, 3031)])
MOUNTS = aligned(
    [
        ("NODE", "FILESYSTEM", "SIZE(GB)", "USED(GB)", "AVAILABLE(GB)", "PERCENT USED", "MOUNTED ON"),
        (NODE, "tmpfs", "0.07", "0.00", "0.07", "0.00%", "/dev"),
        (NODE, "/dev/vda6", "21.47", "1.47", "20.00", "6.85%", "/var"),
    ]
)


def test_answers() -> None:
    assert talosctl_texts.version(VERSION, NODE) == "v1.13.1"
    assert talosctl_texts.services(SERVICES, NODE) == (
        Service("apid", "Running", healthy=True, message=""),
        Service("ext-hello", "Running", healthy=None, message=""),
        Service("kubelet", "Running", healthy=False, message="Health check failed: refused"),
        Service("etcd", "Preparing", healthy=None, message=""),
    )
    assert talosctl_texts.members(MEMBERS, NODE) == (
        Member(0xA8D4A0B4E6A1F5F4, "cp-1", frozenset({"10.0.0.11", "fd00::1"}), learner=False),
        Member(0xFF, "cp-2", frozenset({"10.0.0.12"}), learner=True),
    )
    assert talosctl_texts.status(STATUS, NODE) == EtcdStatus(0xFF, 0, 25_000_000, 1_700_000, ("e, f",))
    assert talosctl_texts.alarms(ALARMS, NODE) == (Alarm(0xFF, "NOSPACE"),)
    assert talosctl_texts.alarms("\n", NODE) == ()
    assert talosctl_texts.clock(TIME, NODE) == Clock(2.5, "time.test")
    assert talosctl_texts.memory(MEMORY, NODE) == 3931 * 1024**2
    assert talosctl_texts.disk(MOUNTS, NODE) == Disk(21_470_000_000, 20_000_000_000)


def test_answers_about_resources() -> None:
    assert talosctl_texts.extensions(EXTENSIONS, NODE) == ("iscsi-tools", "schematic")
    assert talosctl_texts.extensions(EXTENSIONS.splitlines()[0], NODE) == ()
    assert talosctl_texts.has_diagnostics(PROBLEMS, NODE)
    assert not talosctl_texts.has_diagnostics(NO_PROBLEMS, NODE)
    one = Diagnostic("kubelet-csr", "not approved", ("csr-1", "csr-2"))
    assert talosctl_texts.diagnostics(DETAILS, NODE) == (one,)
    without = DETAILS.replace('"details": ["csr-1", "csr-2"], ', "")
    assert talosctl_texts.diagnostics(DETAILS + without, NODE) == (one, Diagnostic("kubelet-csr", "not approved", ()))


@pytest.mark.parametrize("kind", ["diagnostics", "Diagnostics.runtime.talos.dev"])
def test_error_of_an_unknown_type_is_known(kind: str) -> None:
    text = f'error: rpc error: code = NotFound desc = resource "{kind}" is not registered'
    assert talosctl_texts.no_diagnostics(text)
    assert not talosctl_texts.no_diagnostics(text.replace("NotFound", "Internal").replace("is not", "was"))
    assert not talosctl_texts.no_diagnostics('resource "disks" is not registered')


TEXTS: dict[str, tuple[Callable[[str, str], object], str]] = {
    "version": (talosctl_texts.version, VERSION),
    "services": (talosctl_texts.services, SERVICES),
    "members": (talosctl_texts.members, MEMBERS),
    "status": (talosctl_texts.status, STATUS),
    "alarms": (talosctl_texts.alarms, ALARMS),
    "time": (talosctl_texts.clock, TIME),
    "memory": (talosctl_texts.memory, MEMORY),
    "mounts": (talosctl_texts.disk, MOUNTS),
    "extensions": (talosctl_texts.extensions, EXTENSIONS),
    "problems": (talosctl_texts.has_diagnostics, PROBLEMS),
    "details": (talosctl_texts.diagnostics, DETAILS),
}
RESOURCES = ("extensions", "problems")
"""Tables that can be empty."""


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "garbage", ["<html>Sign in</html>", "{}", "Error: no", "NODE", "Server:", "NODE   SERVICE\n10.0.0.11   x"]
)
def test_garbage_is_no_answer(name: str, garbage: str) -> None:
    decode, _ = TEXTS[name]
    with pytest.raises(ValueError, match="it "):
        decode(garbage, NODE)


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "alarms"])
def test_nothing_is_no_answer(name: str) -> None:
    decode, _ = TEXTS[name]
    with pytest.raises(ValueError, match="it "):
        decode("", NODE)


@pytest.mark.parametrize("name", TEXTS)
def test_an_answer_about_another_node_is_none(name: str) -> None:
    decode, text = TEXTS[name]
    with pytest.raises(ValueError, match=r"it is about the node '10.0.0.11'"):
        decode(text, "10.0.0.12")


@pytest.mark.parametrize("name", [name for name in TEXTS if name not in ("version", "details", *RESOURCES)])
def test_headings_alone_are_no_answer(name: str) -> None:
    decode, text = TEXTS[name]
    with pytest.raises(ValueError, match="it says nothing about the node"):
        decode(text.splitlines()[0], NODE)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("version", "v1.13.1", "latest"),
        ("services", "OK  ", "Well"),
        ("members", "a8d4a0b4e6a1f5f4", "z8d4a0b4e6a1f5f4"),
        ("members", "false", "maybe"),
        ("status", "25 MB", "25 XB"),
        ("alarms", "00000000000000ff", "none            "),
        ("time", "12:00:02.5 +0000", "12:00:02.5     Z"),
        ("memory", "3931", "many"),
        ("mounts", "/var", "/big"),
        ("details", '"not approved"', "7"),
        ("details", '"csr-1"', "7"),
        ("details", "}\n", "}, {\n"),
    ],
)
def test_a_value_that_cannot_be_read_is_no_answer(name: str, before: str, after: str) -> None:
    decode, text = TEXTS[name]
    assert before in text
    with pytest.raises((ValueError, LookupError)):
        decode(text.replace(before, after), NODE)


def test_the_code_of_a_failed_call_is_its_reason() -> None:
    text = 'error: 1 error occurred:\n* 10.0.0.9: rpc error: code = Unavailable desc = connection error: "refused"'
    assert talosctl_texts.failed_call(text) == (Reason.UNREACHABLE, 'connection error: "refused"')
    assert talosctl_texts.failed_call("rpc error: code = Internal desc = x") == (Reason.FAILED, "x")
    assert talosctl_texts.failed_call("exit status 1") is None


@pytest.mark.parametrize("text", ["A   A\n1   2", "A   B\nlonger 2"])
def test_a_table_that_is_not_aligned_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"heading"):
        table(text, "A")
