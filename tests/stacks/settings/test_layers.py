"""Settings from several places: which wins, and where a fault is said to be."""

import pytest

from stacks.settings.layers import Layer, Layered, Source

TOP = Source("top.yaml", "top.yaml: cortex:")
BASE = Source("base.yaml", "base.yaml: ")
SHARED = Source("defaults", "top.yaml: cortex:defaults.", "servers.x.")
LAYERED = Layered(
    [
        Layer(TOP, {"servers": {"x": {"port": 1, "env": {"A": None}}}, "listed": [1]}),
        Layer(BASE, {"servers": {"x": {"port": 2, "path": "/b"}}, "quota": {"requests.cpu": 1}, "listed": [1, 2]}),
        Layer(SHARED, {"servers": {"x": {"env": {"A": "a", "B": "b"}, "path": "/c"}}}),
    ]
)


def test_the_first_layer_wins() -> None:
    assert LAYERED.settings == {
        "servers": {"x": {"port": 1, "path": "/b", "env": {"B": "b"}}},
        "quota": {"requests.cpu": 1},
        "listed": [1],
    }


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("servers.x.port: wrong", "top.yaml: cortex:servers.x.port: wrong"),
        ("servers.x.path: wrong", "base.yaml: servers.x.path: wrong"),
        ("servers.x.env.B: wrong", "top.yaml: cortex:defaults.env.B: wrong"),
        ("servers.x.image: is missing", "top.yaml: cortex:servers.x.image: is missing"),
        ("quota.requests.cpu: wrong", "base.yaml: quota.requests.cpu: wrong"),
        ("quota.pods: is missing", "base.yaml: quota.pods: is missing"),
        ("listed.0.name: wrong", "top.yaml: cortex:listed.0.name: wrong"),
        ("nothing: is missing", "top.yaml: cortex:nothing: is missing"),
    ],
)
def test_a_line_names_the_place_where_the_setting_is_written(fault: str, line: str) -> None:
    assert LAYERED.line(fault) == line
