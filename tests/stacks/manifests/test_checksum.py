import hashlib
import json

from stacks.manifests.checksum import checksum


def test_any_change_of_content_changes_it() -> None:
    found = {
        checksum("ns/a", {}, {}),
        checksum("ns/a", {"k": "1"}, {}),
        checksum("ns/a", {"k": "2"}, {}),
        checksum("ns/a", {}, {"k": "1"}),
        checksum("ns/a", {"k": "1"}, {"k": "1"}),
    }
    assert len(found) == 5
    assert {len(value) for value in found} == {64}


def test_order_of_keys_does_not_matter() -> None:
    assert checksum("ns/a", {"a": "1", "b": "2"}, {}) == checksum("ns/a", {"b": "2", "a": "1"}, {})


def test_equal_secrets_of_two_servers_do_not_show_as_equal() -> None:
    assert checksum("ns/a", {}, {"k": "same"}) != checksum("ns/b", {}, {"k": "same"})


def test_secrets_cannot_be_tried_by_plain_hashing() -> None:
    plain = hashlib.sha256(json.dumps([{}, {"k": "hunter2"}], sort_keys=True).encode()).hexdigest()
    assert checksum("ns/a", {}, {"k": "hunter2"}) != plain


def test_checksums_of_deployed_stacks_stay() -> None:
    assert checksum("ns/a", {}, {"k": "hunter2"}) == "b39f8fd9b2873a0813eb7ceaf7339a43447b0fcda86f7849846eed34939eb374"
