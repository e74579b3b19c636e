"""Answers of newer and of broken nodes: unknown fields and values are kept out, and nothing else passes."""

import io
import tarfile

import pytest
from talos_linux_api.v1_6_0 import machine

from checks.talos import messages
from checks.talos.answers import Alarm

UNKNOWN_FIELDS = b"\x9a\x06\x03abc\xa0\x06\x05"
"""Field 99 as a text, and field 100 as a number."""


def test_fields_of_newer_versions_are_ignored() -> None:
    told = bytes(machine.VersionResponse([machine.Version(version=machine.VersionInfo(tag="v1.13.0"))]))
    assert messages.version(machine.VersionResponse.FromString(told + UNKNOWN_FIELDS)) == "v1.13.0"


def test_alarm_of_a_newer_version_has_its_number_as_name() -> None:
    kind = machine.EtcdMemberAlarmAlarmType.NOSPACE
    told = machine.EtcdAlarmListResponse([machine.EtcdAlarm(member_alarms=[machine.EtcdMemberAlarm(5, kind)])])
    assert messages.alarms(told) == (Alarm(5, "NOSPACE"),)
    newer = machine.EtcdAlarmListResponse.FromString(bytes(told).replace(b"\x10\x01", b"\x10\x07"))
    assert messages.alarms(newer) == (Alarm(5, "7"),)


def test_answer_without_a_message_is_an_error() -> None:
    with pytest.raises(LookupError):
        messages.version(machine.VersionResponse())


def test_node_without_a_data_partition_is_an_error() -> None:
    with pytest.raises(LookupError, match="/var is not mounted"):
        messages.disk(machine.MountsResponse([machine.Mounts()]))


@pytest.mark.parametrize("archive", [b"", b"very-secret", b"\x1f\x8b"])
def test_what_is_not_an_archive_is_an_error(archive: bytes) -> None:
    with pytest.raises(ValueError, match="not an archive"):
        messages.kubeconfig(archive)


def test_archive_without_a_kubeconfig_is_an_error() -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as opened:
        opened.addfile(tarfile.TarInfo("other"))
    with pytest.raises(LookupError, match="the archive has no kubeconfig"):
        messages.kubeconfig(written.getvalue())
