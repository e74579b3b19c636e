"""Addresses to which a secret may be sent."""

import pytest

from stacks.model.service_url import is_local, origin, service_of, split


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example.com",
        "https://login.example.com:8443/realms/a/token?tenant=b",
        "https://[2001:db8::1]/token",
        "http://login.auth.svc/token",
        "http://login.auth.svc.cluster.local:8080/token",
        "http://localhost:9000/token",
        "http://127.0.0.1:9000/token",
        "http://[::1]:9000/token",
    ],
)
def test_encrypted_and_local_addresses_are_taken(url: str) -> None:
    assert split(url).geturl() == url


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com/token",
        "http://login.auth.svc.example.com/token",
        "http://login.auth.svc.cluster.local.example.com/token",
        "http://auth.svc/token",
        "http://169.254.169.254/latest",
        "http://127.0.0.1.example.com/",
        "http://localhost@example.com/",
        "https://user:password@login.example.com/",
        "https://login.example.com/#part",
        "https://login.example.com//evil.example.com/token",
        "https://login.example.com/a b",
        "https://login.example.com:99999/",
        "https://login.example.com:0/",
        "https:///token",
        "ftp://login.example.com/",
        "login.example.com/token",
        "",
    ],
)
def test_others_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|unencrypted|[Pp]ort|netloc"):
        split(url)


def test_password_of_an_address_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="name or a password") as refused:
        split("https://user:hunter2@login.example.com/")
    assert "hunter2" not in str(refused.value)


def test_services_and_ports_are_recognized() -> None:
    assert service_of("http://login.auth.svc/token") == ("login", "auth", 80)
    assert service_of("https://login.auth.svc.cluster.local/token") == ("login", "auth", 443)
    assert service_of("https://login.example.com/token") is None
    assert origin("https://LOGIN.example.com/token") == ("https", "login.example.com", 443)
    assert is_local("https://localhost/")
    assert not is_local("https://login.example.com/")
