from __future__ import annotations

import base64
import json

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from provider.properties import (
    Secret,
    decode,
    encode,
    has_unknown,
    manifest,
    merge_patch,
    outputs,
    protect,
    redact,
    reveal,
)

SIGNATURE = "4dabf18193072939515e22adb298388d"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

scalars = st.booleans() | st.text() | st.integers(-(2**53), 2**53)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | inner.map(Secret))


@given(st.dictionaries(st.text(), values))
def test_properties_survive_the_wire(properties: dict[str, object]) -> None:
    assert decode(encode(properties)) == properties


def test_whole_numbers_become_integers_and_nulls_are_not_set() -> None:
    struct = struct_pb2.Struct()
    struct.update({"port": 80.0, "ratio": 0.5, "none": None, "nested": {"none": None}})
    decoded = decode(struct)
    assert decoded == {"port": 80, "ratio": 0.5, "nested": {}}
    assert isinstance(decoded["port"], int)


def test_unknown_values_are_seen_at_any_depth() -> None:
    assert has_unknown({"a": [{"b": Secret({"c": UNKNOWN})}]})
    assert not has_unknown({"a": ["b", 1, None]})


def test_only_top_level_keys_of_the_engine_are_left_out() -> None:
    assert manifest({"__autonamed": True, "data": {"__mine": Secret("x")}}) == {"data": {"__mine": "x"}}


def test_contents_of_a_core_secret_are_secret_and_of_a_namesake_are_not() -> None:
    core = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA=="}, "stringData": Secret({"b": "y"}), "type": "t"}
    marked = protect(core)
    assert marked["data"] == Secret({"a": "eA=="})
    assert marked["stringData"] == Secret({"b": "y"})
    assert marked["type"] == "t"
    other = {**core, "apiVersion": "example.com/v1"}
    assert protect(other) == other


def test_the_last_applied_copy_of_a_secret_is_secret() -> None:
    key = "kubectl.kubernetes.io/last-applied-configuration"
    live = {"apiVersion": "v1", "kind": "Secret", "metadata": {"annotations": {key: "copy", "other": "x"}}}
    assert outputs(live, {}, "m")["metadata"]["annotations"] == {
        key: Secret("copy"),
        "other": "x",
    }


def test_outputs_are_secret_where_inputs_are_and_lack_managed_fields() -> None:
    live = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "managedFields": [1]},
        "data": {"a": "x", "b": "y"},
        "spec": {"env": [{"value": "injected"}, {"value": "hidden"}]},
    }
    inputs = {"data": {"a": Secret("x")}, "spec": {"env": [{"value": Secret("hidden")}]}}
    state = outputs(live, inputs, "m")
    assert state["metadata"] == {"name": "a"}
    assert state["data"] == {"a": Secret("x"), "b": "y"}
    assert state["spec"]["env"] == Secret(live["spec"]["env"])  # type: ignore[index]
    assert reveal(state)["spec"] == live["spec"]


def test_messages_lose_secret_values_longest_first() -> None:
    properties = {"data": {"a": Secret("word"), "b": Secret({"c": "password"}), "d": Secret("no")}}
    assert redact('Invalid value: "password", word, no', properties) == 'Invalid value: "[secret]", [secret], no'


@pytest.mark.parametrize(
    "secret", ['say "hush"', "two\nlines\ttab", "back\\slash", "h\u00fcsch", "a<b>&c", "plain", '{"key": "x&y"}']
)
def test_messages_lose_secret_values_however_a_server_quotes_them(secret: str) -> None:
    in_base64 = base64.b64encode(secret.encode()).decode()
    quoted = json.dumps(secret, ensure_ascii=False)
    forms = [
        secret,
        quoted,
        json.dumps(secret),
        quoted.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
        in_base64,
    ]
    for form in forms:
        kind = {"apiVersion": "v1", "kind": "Secret"}
        told = redact(f"Invalid value: {form}.", {**kind, "stringData": {"a": secret}})
        assert told.replace('"', "") == "Invalid value: [secret]."
        told = redact(f"Invalid value: {form}.", {**kind, "data": {"a": in_base64}})
        assert told.replace('"', "") == "Invalid value: [secret]."


def test_a_secret_has_no_printable_form() -> None:
    assert "hush" not in f"{Secret('hush')!r} {[Secret('hush')]}"


objects = st.dictionaries(
    st.sampled_from("abc"), st.integers() | st.dictionaries(st.sampled_from("abc"), st.integers())
)


def merged(target: object, patch: object) -> object:
    """Apply a merge patch by the algorithm of RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        result.pop(key, None) if value is None else result.update({key: merged(result.get(key), value)})
    return result


@given(objects, objects)
def test_a_merge_patch_turns_the_old_into_the_new(old: dict[str, object], new: dict[str, object]) -> None:
    assert merged(old, merge_patch(old, new)) == new


def test_a_merge_patch_does_not_send_what_stays() -> None:
    old = {"spec": {"containers": [{"name": "c"}], "same": {"x": 1}, "n": 1}, "labels": {"gone": "1"}}
    new = {"spec": {"containers": [{"name": "c"}], "same": {"x": 1}, "n": 2, "empty": {}}, "labels": {}}
    assert merge_patch(old, new) == {"spec": {"n": 2, "empty": {}}, "labels": {"gone": None}}
