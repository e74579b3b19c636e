"""Faults in `cortex:suppressions`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import Settings, Wrong, ids, refused

ACCEPTED: Settings = {"code": "server.image", "reason": "known", "until": "2026-12-01"}
CODE = "the code of a finding: write for instance server.image, or server.* for the family"
OBJECT = "an object: write for instance Deployment cortex-mcp/talos-mcp-server, Pod cortex-mcp/* or Node worker-1"
DATE = "date: write for instance '2026-12-31'"
WRONG: Wrong = [
    ({"suppressions": {}}, "suppressions: must be a list"),
    ({"suppressions": [{**ACCEPTED, "code": "server"}]}, f"suppressions.0.code: 'server' is not {CODE}"),
    ({"suppressions": [{**ACCEPTED, "code": "*.image"}]}, f"suppressions.0.code: '*.image' is not {CODE}"),
    (
        {"suppressions": [ACCEPTED, {**ACCEPTED, "code": "server.imag"}]},
        "suppressions.1.code: no finding has the code 'server.imag': did you mean server.image?",
    ),
    ({"suppressions": [{**ACCEPTED, "object": "time"}]}, f"suppressions.0.object: 'time' is not {OBJECT}"),
    ({"suppressions": [{**ACCEPTED, "object": ""}]}, f"suppressions.0.object: '' is not {OBJECT}"),
    (
        {"suppressions": [{**ACCEPTED, "reason": " "}]},
        "suppressions.0.reason: is empty: give the reason, for those who read the report",
    ),
    ({"suppressions": [{"code": "server.image", "reason": "r"}]}, "suppressions.0.until: is missing"),
    ({"suppressions": [{"code": "server.image", "until": "2026-12-01"}]}, "suppressions.0.reason: is missing"),
    ({"suppressions": [{**ACCEPTED, "until": "soon"}]}, f"suppressions.0.until: 'soon' is not a {DATE}"),
    ({"suppressions": [{**ACCEPTED, "until": 20261201}]}, f"suppressions.0.until: '20261201' is not a {DATE}"),
    ({"suppressions": [{**ACCEPTED, "until": "20261201"}]}, f"suppressions.0.until: '20261201' is not a {DATE}"),
    (
        {"suppressions": [{**ACCEPTED, "until": "2026-02-30"}]},
        "suppressions.0.until: '2026-02-30' is not a day of the calendar: write for instance '2026-12-31'",
    ),
    (
        {"suppressions": [{**ACCEPTED, "untill": "x"}]},
        "suppressions.0.untill: is not a known setting: did you mean until?",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
