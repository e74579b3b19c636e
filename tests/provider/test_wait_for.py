"""The annotation `pulumi.com/waitFor`."""

from __future__ import annotations

import pytest

from provider.errors import ProviderError
from tests.provider.fakes import (
    CONFIG_MAP,
    FakeApi,
    Lifecycle,
    condition,
    declared,
    status,
)


@pytest.mark.parametrize(
    ("expression", "unmet"),
    [
        ("condition=Ready", ""),
        ("condition=Ready=False", "condition Ready is True"),
        ("condition=Other", "condition Other is absent"),
        ("jsonpath={.status.phase}", ""),
        ("jsonpath={.status.phase}=Running", ""),
        ("jsonpath={$.status.phase}=Failed", ".status.phase is Running"),
        ("jsonpath={.status.absent}", ".status.absent selects nothing"),
        ("jsonpath={.status.list[1]}=2", ""),
        ("jsonpath={.status['flag']}=true", ""),
        ('jsonpath={.status.conditions[?(@.type=="Ready")].status}=True', ""),
        ('["condition=Ready", "jsonpath={.status.list[*]}=3"]', ".status.list[*] is 1"),
    ],
)
def test_an_annotation_says_what_to_wait_for(lifecycle: Lifecycle, api: FakeApi, expression: str, unmet: str) -> None:
    lifecycle.cancelled.set()
    conditions = [condition("Ready")]
    api.defaults = status(phase="Running", list=[1, 2], flag=True, conditions=conditions)
    annotated = declared(CONFIG_MAP, metadata={"annotations": {"pulumi.com/waitFor": expression}})
    unready = lifecycle.create(CONFIG_MAP, annotated, 60).unready
    assert unready.endswith(unmet)
    assert bool(unready) == bool(unmet)


@pytest.mark.parametrize("expression", ["Ready", "jsonpath=.status", "jsonpath={.a[}", "[1]"])
def test_a_mistake_in_what_to_wait_for_is_told_before_anything_is_written(
    lifecycle: Lifecycle, api: FakeApi, expression: str
) -> None:
    with pytest.raises(ProviderError, match="waitFor"):
        lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP, metadata={"annotations": {"pulumi.com/waitFor": expression}}))
    assert api.writes == []
