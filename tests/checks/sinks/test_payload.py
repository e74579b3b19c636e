"""Each format is what its receiver takes."""

import json
from datetime import UTC, datetime

from checks.results.result import Ref
from checks.sinks.alert import Alert
from checks.sinks.payload import FORMATS

ALERT = Alert(
    time=datetime(2026, 3, 1, 12, tzinfo=UTC),
    context="prod",
    stack="prod",
    object=Ref("Pod", "time-1", "cortex-mcp"),
    reason="BackOff",
    summary="exits with <code> 3",
    details=("boom", "<!channel>"),
)


def test_json_has_all_fields() -> None:
    assert json.loads(FORMATS["json"](ALERT)) == {
        "time": "2026-03-01T12:00:00Z",
        "context": "prod",
        "stack": "prod",
        "object": {"kind": "Pod", "name": "time-1", "namespace": "cortex-mcp"},
        "reason": "BackOff",
        "summary": "exits with <code> 3",
        "details": ["boom", "<!channel>"],
    }


def test_slack_gets_a_text_without_mentions() -> None:
    assert json.loads(FORMATS["slack"](ALERT)) == {
        "text": "*BackOff* Pod cortex-mcp/time-1 (prod): exits with &lt;code&gt; 3\n```boom\n&lt;!channel&gt;```"
    }


def test_alertmanager_gets_labels_annotations_and_times() -> None:
    assert json.loads(FORMATS["alertmanager"](ALERT)) == [
        {
            "labels": {
                "alertname": "CortexBackOff",
                "context": "prod",
                "namespace": "cortex-mcp",
                "kind": "Pod",
                "name": "time-1",
            },
            "annotations": {"summary": "exits with <code> 3", "description": "boom\n<!channel>"},
            "startsAt": "2026-03-01T12:00:00Z",
            "endsAt": "2026-03-01T12:15:00Z",
        }
    ]
