"""What a request has to satisfy before it reaches MCP."""

import json
from pathlib import Path

import pytest
from starlette.requests import Request

from bridge.admission import LOOPBACK, Admission, service_names

NAMES = LOOPBACK | {"time-mcp-server.cortex-mcp.svc"}
POD = Admission(NAMES, loopback=False)


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/mcp", "headers": raw})


def refusal(admission: Admission, **headers: str) -> tuple[int, str]:
    """Return the status and the sentence of a refusal; 200 if there is none."""
    found = admission.refusal(request(**headers))
    return (found.status_code, json.loads(bytes(found.body))["error"]) if found else (200, "")


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("gateway.example.com", None, 200),
        ("10.2.3.4:8080", None, 200),
        ("time-mcp-server.cortex-mcp.svc:8080", "http://time-mcp-server.cortex-mcp.svc:8080", 200),
        ("localhost:8080", "http://localhost:3000", 200),
        ("10.2.3.4:8080", "http://evil.example", 403),
        ("evil.example", "http://evil.example", 403),
        ("localhost", "null", 403),
        ("localhost", "http://[", 403),
        ("localhost", "http://localhost.evil.example", 403),
        ("evil.example", "http://localhost", 421),
        ("[", "http://localhost", 421),
    ],
)
def test_only_browsers_need_a_known_name_in_a_pod(host: str, origin: str | None, status: int) -> None:
    given = {"host": host, **({"origin": origin} if origin else {})}
    assert refusal(POD, **given)[0] == status


def test_a_refused_page_is_named_with_the_way_out() -> None:
    assert refusal(POD, host="localhost", origin="http://evil.example") == (
        403,
        "a page of http://evil.example may not call this server: name its host with --allow-host",
    )


@pytest.mark.parametrize(
    ("host", "status"), [("localhost", 200), ("[::1]:8080", 200), ("127.0.0.1:1", 200), ("evil.example", 421)]
)
def test_on_loopback_all_need_a_known_name(host: str, status: int) -> None:
    assert refusal(Admission(), host=host)[0] == status


def test_a_token_of_the_file_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("next\n\n previous \n")
    admission = Admission(loopback=False, token_file=file)
    for header in ("Bearer next", "bearer previous", "Bearer  next "):
        assert refusal(admission, authorization=header)[0] == 200
    for header in ("Bearer other", "Bearer ", "Bearer nex", "Bearer n\xe4chster"):
        found = admission.refusal(request(authorization=header))
        assert found is not None
        assert (found.status_code, found.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
        assert b"next" not in bytes(found.body)
    for headers in ({}, {"authorization": "Basic next"}, {"authorization": "next"}):
        found = admission.refusal(request(**headers))
        assert found is not None
        assert (found.status_code, found.headers["www-authenticate"]) == (401, "Bearer")


def test_a_token_that_was_replaced_no_longer_passes(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("old")
    admission = Admission(loopback=False, token_file=file)
    assert refusal(admission, authorization="Bearer old")[0] == 200
    file.write_text("new")
    assert refusal(admission, authorization="Bearer old")[0] == 401
    assert refusal(admission, authorization="Bearer new")[0] == 200
    file.write_text("")
    assert refusal(admission, authorization="Bearer ")[0] == 401
    file.unlink()
    status, sentence = refusal(admission, authorization="Bearer new")
    assert status == 503
    assert sentence == "the tokens of this server cannot be read (No such file or directory): look at its Secret"


def test_a_large_request_is_refused_with_the_limit() -> None:
    admission = Admission(loopback=False, max_bytes=10)
    assert refusal(admission, content_length="10")[0] == 200
    assert refusal(admission, content_length="11") == (
        413,
        "the request is too large: this server accepts at most 10 bytes",
    )
    assert refusal(admission, content_length="many")[0] == 200


def test_the_names_of_a_service_come_from_its_pod() -> None:
    resolv_conf = "nameserver 10.96.0.10\nsearch cortex-mcp.svc.cluster.local svc.cluster.local cluster.local\n"
    names = service_names("time-mcp-server-5f7-x2x9k", resolv_conf)
    assert {
        "time-mcp-server",
        "time-mcp-server.cortex-mcp",
        "time-mcp-server.cortex-mcp.svc",
        "time-mcp-server.cortex-mcp.svc.cluster.local",
    } <= names
    assert "db-mcp-server.cortex-mcp.svc" in service_names("db-mcp-server-0", resolv_conf)


@pytest.mark.parametrize("resolv_conf", ["", "nameserver 1.1.1.1\n", "search example.com\n", "search \n"])
def test_outside_a_cluster_no_service_has_names(resolv_conf: str) -> None:
    assert service_names("laptop", resolv_conf) == frozenset()
