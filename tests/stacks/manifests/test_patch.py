"""Fields that are merged into manifests last."""

from stacks.manifests.manifest import Manifest, Value
from stacks.manifests.patch import patched

DEPLOYMENT = Manifest(
    "apps/v1",
    "Deployment",
    "time",
    "cortex-mcp",
    {"app": "time"},
    content={
        "spec": {"paused": False, "containers": [{"name": "a", "image": "a:1"}, {"name": "b"}], "args": ["x", "y"]}
    },
)


def test_mappings_and_named_items_are_merged_and_the_rest_replaced() -> None:
    patch: dict[str, Value] = {
        "metadata": {"labels": {"team": "blue"}, "annotations": {"note": "x"}},
        "spec": {"paused": None, "containers": [{"name": "a", "tty": True}, {"name": "c"}], "args": ["z"]},
    }
    (made,) = patched([DEPLOYMENT], {"Deployment": patch})
    assert made.labels == {"app": "time", "team": "blue"}
    assert made.annotations == {"note": "x"}
    assert made.content["spec"] == {
        "containers": [{"name": "a", "image": "a:1", "tty": True}, {"name": "b"}, {"name": "c"}],
        "args": ["z"],
    }


def test_other_kinds_stay() -> None:
    assert list(patched([DEPLOYMENT], {"Service": {"spec": {}}})) == [DEPLOYMENT]
