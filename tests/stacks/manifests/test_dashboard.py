"""The dashboard of the agent is what Grafana's sidecar loads."""

import json
from typing import Any, cast

from stacks.manifests.dashboard import FILE, PANELS, dashboard_manifest


def test_it_is_a_config_map_that_the_sidecar_finds() -> None:
    manifest = dashboard_manifest()
    assert (manifest.kind, manifest.namespace, manifest.labels["grafana_dashboard"]) == (
        "ConfigMap",
        "cortex-system",
        "1",
    )
    data = cast("dict[str, str]", manifest.content["data"])
    dashboard: dict[str, Any] = json.loads(data[FILE])
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places) == len(PANELS)
    assert [panel["targets"][0]["expr"] for panel in dashboard["panels"]] == [panel.query for panel in PANELS]
