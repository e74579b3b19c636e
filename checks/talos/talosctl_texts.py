"""Decode what talosctl prints about one node; MCP servers that run talosctl pass the same texts on.

Every function raises ValueError (or LookupError) unless the text is such an answer, about that node and no other.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from checks.kube.reading import Reason
from checks.plain_text import brief
from checks.talos.answers import RUNNING, Alarm, Clock, Diagnostic, Disk, EtcdStatus, Member, Service
from checks.talos.messages import DATA
from checks.talos.tables import table

_VERSION = re.compile(r"v\d+\.\d+\.\d+\S*")
_FIELD = re.compile(r"\s*([A-Za-z/ ]+):\s*(.*)")
_SERVER = re.compile(r"^Server:\s*$", re.MULTILINE)
_HEALTH = {"OK": True, "Fail": False, "?": None}
_TRUTH = {"true": True, "false": False}
_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,9}))? ([+-]\d{4}) \S+")
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ([kMGTPE]?)B")
_POWERS: dict[str, int] = {unit: 1000**power for power, unit in enumerate(("", "k", "M", "G", "T", "P", "E"))}
_FAILED_CALL = re.compile(r"code = ([A-Z][A-Za-z]+) desc = (.*)")
_CODES = {
    "Unavailable": Reason.UNREACHABLE,
    "DeadlineExceeded": Reason.TIMEOUT,
    "Unauthenticated": Reason.UNAUTHORIZED,
    "PermissionDenied": Reason.FORBIDDEN,
}

_NO_SUCH_TYPE = re.compile(r'resource "diagnostics[^"]*" is not registered', re.IGNORECASE)


class _Id(msgspec.Struct, frozen=True):
    id: str


class _Problem(msgspec.Struct, frozen=True):
    message: str
    details: list[str] | None = None


class _Diagnostic(msgspec.Struct, frozen=True):
    node: str
    metadata: _Id
    spec: _Problem


def version(text: str, node: str) -> str:
    """Return the version of Talos on a node, which follows that of talosctl itself."""
    _, *after = _SERVER.split(text)
    if len(after) != 1:
        raise ValueError("it has no version of a node")
    fields = [match.groups() for line in after[0].splitlines() if (match := _FIELD.fullmatch(line))]
    _require_node([value for key, value in fields if key == "NODE"], node)
    tags = [value for key, value in fields if key == "Tag"]
    if len(tags) != 1 or not _VERSION.fullmatch(tags[0]):
        raise ValueError("it has no version of a node")
    return tags[0]


def services(text: str, node: str) -> tuple[Service, ...]:
    """Return the services; the message of one that does not work is its last event."""
    return tuple(map(_service, _lines(text, node, "SERVICE", "STATE", "HEALTH", "LAST EVENT")))


def _service(line: dict[str, str]) -> Service:
    if not line["SERVICE"] or not line["STATE"] or line["HEALTH"] not in _HEALTH:
        raise ValueError("a service has no name, no state, or an unknown health")
    one = Service(line["SERVICE"], line["STATE"], _HEALTH[line["HEALTH"]], line["LAST EVENT"])
    return Service(one.name, one.state, one.healthy, "") if one.works and one.state == RUNNING else one


def clock(text: str, node: str) -> Clock:
    """Return the difference of the clocks."""
    line = _one(text, node, "NTP-SERVER", "NODE-TIME", "NTP-SERVER-TIME")
    ahead = _time(line["NODE-TIME"]) - _time(line["NTP-SERVER-TIME"])
    return Clock(ahead, line["NTP-SERVER"])


def memory(text: str, node: str) -> int:
    """Return the memory in bytes; talosctl prints whole MiB."""
    return int(_one(text, node, "TOTAL", "AVAILABLE")["TOTAL"]) * 1024**2


def disk(text: str, node: str) -> Disk:
    """Return the size of the data partition; talosctl prints GB with two decimals."""
    for line in _lines(text, node, "SIZE(GB)", "AVAILABLE(GB)", "MOUNTED ON"):
        if line["MOUNTED ON"] == DATA:
            return Disk(round(float(line["SIZE(GB)"]) * 1e9), round(float(line["AVAILABLE(GB)"]) * 1e9))
    raise LookupError(f"{DATA} is not mounted")


def members(text: str, node: str) -> tuple[Member, ...]:
    """Return the etcd members."""
    found = _lines(text, node, "ID", "HOSTNAME", "PEER URLS", "LEARNER")
    return tuple(
        Member(
            int(line["ID"], 16),
            line["HOSTNAME"],
            frozenset(urlsplit(url).hostname or "" for url in line["PEER URLS"].split(",")),
            _truth(line["LEARNER"]),
        )
        for line in found
    )


def status(text: str, node: str) -> EtcdStatus:
    """Return the state of an etcd member; talosctl rounds the sizes to two digits."""
    line = _one(text, node, "MEMBER", "DB SIZE", "IN USE", "LEADER", "ERRORS")
    errors = (line["ERRORS"],) if line["ERRORS"] else ()
    used = line["IN USE"].partition(" (")[0]
    return EtcdStatus(int(line["MEMBER"], 16), int(line["LEADER"], 16), _size(line["DB SIZE"]), _size(used), errors)


def alarms(text: str, node: str) -> tuple[Alarm, ...]:
    """Return the alarms of etcd; without one, talosctl prints nothing."""
    if not text.strip():
        return ()
    return tuple(Alarm(int(line["MEMBER"], 16), line["ALARM"]) for line in _lines(text, node, "MEMBER", "ALARM"))


def extensions(text: str, node: str) -> tuple[str, ...]:
    """Return the names of the system extensions; a node without any has a table without lines."""
    return tuple(line["NAME"] for line in _any_lines(text, node, "ID", "NAME"))


def has_diagnostics(text: str, node: str) -> bool:
    """Return whether there are diagnostics: a table of them has lines."""
    return bool(_any_lines(text, node, "ID", "MESSAGE"))


def diagnostics(text: str, node: str) -> tuple[Diagnostic, ...]:
    """Return the diagnostics, of which there must be one at least; each is a JSON document."""
    try:
        found = [msgspec.convert(document, _Diagnostic) for document in _documents(text)]
    except (msgspec.ValidationError, json.JSONDecodeError) as error:
        raise ValueError(f"it is not a list of diagnostics: {error}") from error
    _require_node([one.node for one in found], node)
    return tuple(Diagnostic(one.metadata.id, one.spec.message, tuple(one.spec.details or ())) for one in found)


def no_diagnostics(message: str) -> bool:
    """Return whether an error says that this version of Talos has no diagnostics."""
    return bool(_NO_SUCH_TYPE.search(message))


def failed_call(text: str) -> tuple[Reason, str] | None:
    """Return why a call of the Talos API failed, if a text says so."""
    match = _FAILED_CALL.search(text)
    return (_CODES.get(match[1], Reason.FAILED), brief(match[2])) if match else None


def _lines(text: str, node: str, *needed: str) -> list[dict[str, str]]:
    """Return the lines of a table, of which there must be one at least."""
    lines = table(text, "NODE", *needed)
    _require_node([line["NODE"] for line in lines], node)
    return lines


def _any_lines(text: str, node: str, *needed: str) -> list[dict[str, str]]:
    """Return the lines of a table, which can have none below its headings."""
    lines = table(text, "NODE", *needed)
    return _lines(text, node, *needed) if lines else []


def _documents(text: str) -> Iterator[object]:
    """Yield the JSON documents of a text."""
    rest, decoder = text.strip(), json.JSONDecoder()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


def _one(text: str, node: str, *needed: str) -> dict[str, str]:
    lines = _lines(text, node, *needed)
    if len(lines) != 1:
        raise ValueError(f"it has {len(lines)} lines for the node")
    return lines[0]


def _require_node(named: list[str], node: str) -> None:
    """Raise ValueError unless a text is about a node, and no other."""
    if not named:
        raise ValueError("it says nothing about the node")
    if other := next((name for name in named if name != node), None):
        raise ValueError(f"it is about the node {brief(other)!r}")


def _time(text: str) -> float:
    """Return a time, as Go prints it, in seconds."""
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError("a time cannot be read")
    whole = datetime.strptime(f"{match[1]} {match[3]}", "%Y-%m-%d %H:%M:%S %z")
    return whole.timestamp() + float(f"0.{match[2] or 0}")


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    if not match:
        raise ValueError("a size cannot be read")
    return round(float(match[1]) * _POWERS[match[2]])


def _truth(text: str) -> bool:
    if text not in _TRUTH:
        raise ValueError("a truth value cannot be read")
    return _TRUTH[text]
