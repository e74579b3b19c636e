"""The forms in which webhooks take an alert."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Literal

import msgspec

from checks.sinks.alert import Alert
from checks.times import rfc3339

Format = Literal["json", "slack", "alertmanager"]

RESOLVED_AFTER = timedelta(minutes=15)
"""Alertmanager takes an alert as resolved if it is not repeated in this time."""
LONGEST_SLACK = 2900
"""Slack refuses blocks of more than 3000 characters."""


def _json(alert: Alert) -> bytes:
    return msgspec.json.encode(alert)


def _slack(alert: Alert) -> bytes:
    details = "\n".join(alert.details)
    more = f"\n```{details[:LONGEST_SLACK]}```" if details else ""
    text = f"*{_escaped(alert.reason)}* {_escaped(str(alert.object))} ({_escaped(alert.context)}): "
    return msgspec.json.encode({"text": f"{text}{_escaped(alert.summary)}{_escaped(more)}"})


def _escaped(text: str) -> str:
    """Return a text in which nothing is a mention or a link for Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _alertmanager(alert: Alert) -> bytes:
    about = alert.object
    labels = {
        "alertname": f"Cortex{alert.reason[:1].upper()}{alert.reason[1:]}",
        "context": alert.context,
        "namespace": about.namespace,
        "kind": about.kind,
        "name": about.name,
    }
    return msgspec.json.encode(
        [
            {
                "labels": {name: value for name, value in labels.items() if value},
                "annotations": {"summary": alert.summary, "description": "\n".join(alert.details)},
                "startsAt": rfc3339(alert.time),
                "endsAt": rfc3339(alert.time + RESOLVED_AFTER),
            }
        ]
    )


FORMATS: Mapping[Format, Callable[[Alert], bytes]] = {"json": _json, "slack": _slack, "alertmanager": _alertmanager}
"""How each format writes an alert: `alertmanager` is the body of POST /api/v2/alerts."""
