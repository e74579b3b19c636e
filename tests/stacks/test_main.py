"""The Pulumi program leaves out what takes time and changes nothing."""

import gc

import pulumi
import pytest
from pulumi.runtime import settings

from stacks import __main__ as program


@pytest.mark.parametrize(("env", "messages"), [({}, []), ({"CORTEX_DEBUG": "1"}, ["message"])])
def test_sdk_sends_its_debug_messages_only_if_they_are_wanted(
    env: dict[str, str], messages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.delenv("CORTEX_DEBUG", raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(settings, "get_engine", object)
    monkeypatch.setattr(pulumi.log, "_log", lambda *arguments: sent.append(arguments[2]))
    monkeypatch.setattr(pulumi.log, "debug", pulumi.log.debug)
    monkeypatch.setattr(gc, "set_threshold", lambda _: None)
    program._save_time()
    pulumi.log.debug("message")
    pulumi.log.warn("warning")
    assert sent == [*messages, "warning"]
