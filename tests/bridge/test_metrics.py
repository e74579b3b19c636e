"""What the bridge counts."""

from bridge.tool_lists import UNLISTED, ToolLists
from tests.bridge.serving import PLAIN, ready


def test_calls_errors_and_latency_by_tool() -> None:
    with ready(PLAIN, timeout=0.5, delay=0.05, tools=ToolLists(deny=["large"])) as bridge:
        for _ in range(3):
            bridge.call("pid")
        bridge.refusal("sleep", seconds=2)
        bridge.refusal("large", bytes=1)
        bridge.refusal("crash")
        bridge.refusal("made-up by a client")
        found = bridge.metrics()
    assert found['mcp_bridge_call_duration_seconds_count{tool="pid"}'] == 3
    assert 0.5 < found['mcp_bridge_call_duration_seconds_sum{tool="sleep"}'] < 2
    errors = "mcp_bridge_call_errors_total"
    assert found[f'{errors}{{cause="timeout",tool="sleep"}}'] == 1
    assert found[f'{errors}{{cause="refused",tool="large"}}'] == 1
    assert found[f'{errors}{{cause="process",tool="crash"}}'] == 1
    assert found[f'mcp_bridge_call_duration_seconds_count{{tool="{UNLISTED}"}}'] == 1
    assert found["mcp_bridge_calls_running"] == 0
    assert found["mcp_bridge_process_starts_total"] >= 1
    assert not [name for name in found if "made-up" in name]
