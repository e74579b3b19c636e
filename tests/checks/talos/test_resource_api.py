"""The messages of the resource API as bytes, written out from the published protocol of COSI and Talos."""

import pytest

from checks.talos import messages
from checks.talos.answers import Diagnostic
from checks.talos.resource_api import ListRequest, ListResponse
from checks.talos.resources import DIAGNOSTICS, EXTENSIONS, NAMESPACE


def field(number: int, content: str | bytes) -> bytes:
    """Give a field with a text, bytes or a message of less than 128 bytes."""
    raw = content.encode() if isinstance(content, str) else content
    assert len(raw) < 128
    return bytes([number << 3 | 2, len(raw)]) + raw


def metadata(kind: str, name: str) -> bytes:
    """Give namespace, type, id, version, owner, phase, created and labels."""
    owner, created = field(5, "runtime.Controller"), field(7, b"\x08\x80\x92\xb8\xc3\x06")
    known = field(1, NAMESPACE) + field(2, kind) + field(3, name) + field(4, "1")
    return known + owner + field(6, "running") + created + field(10, field(1, "a") + field(2, "b"))


def response(kind: str, name: str, spec: bytes) -> ListResponse:
    whole = field(1, metadata(kind, name)) + field(2, field(1, spec) + field(2, "message: another"))
    # A length of two bytes.
    assert 128 <= len(whole) < 16384
    return ListResponse().parse(b"\x0a" + bytes([len(whole) & 127 | 128, len(whole) >> 7]) + whole)


def test_request_names_namespace_and_type() -> None:
    request = ListRequest(namespace=NAMESPACE, type=DIAGNOSTICS)
    assert bytes(request) == field(1, "runtime") + field(2, "Diagnostics.runtime.talos.dev")


@pytest.mark.parametrize("details", [(), ("csr-1", "csr-2")])
def test_diagnostic_has_id_message_and_details(details: tuple[str, ...]) -> None:
    spec = field(1, "not approved") + b"".join(field(2, one) for one in details)
    told = response(DIAGNOSTICS, "kubelet-csr", spec)
    assert messages.diagnostics([told.resource]) == (Diagnostic("kubelet-csr", "not approved", details),)


def test_extension_has_a_name() -> None:
    spec = field(1, "000.iscsi-tools.sqsh") + field(2, field(1, "iscsi-tools") + field(2, "v0.2.0"))
    assert messages.extensions([response(EXTENSIONS, "000.iscsi-tools", spec).resource]) == ("iscsi-tools",)


def test_resource_without_content_is_an_error() -> None:
    told = ListResponse().parse(field(1, field(1, field(3, "kubelet-csr"))))
    with pytest.raises(ValueError, match="no message"):
        messages.diagnostics([told.resource])
    with pytest.raises(ValueError, match="no name"):
        messages.extensions([told.resource])
