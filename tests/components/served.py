"""Records one MCP server of type `demo`."""

from collections.abc import Mapping

import pulumi

from components.autoscaling import stopping
from components.mcp_server import McpServer, McpServerArgs
from components.secret_inputs import pod_checksum, secret_data
from stacks.manifests.labels import endpoint
from stacks.manifests.pod_config import Content
from stacks.manifests.site import Site
from stacks.manifests.workload import workload_manifests
from stacks.model.owner import SERVERS, Owner
from stacks.model.server import Server
from tests.components.recording import MINIMAL, Recording, record

DEMO = Owner(SERVERS, "demo")
NAME = "cortex-mcp/demo-mcp-server"
SITE = Site(("cortex-system", "cortex-mcp"))
SELECTOR = {"matchLabels": {"app": "mcp-server", "mcp.cortex.dev/type": "demo"}}


def served(
    *,
    values: Mapping[str, str] | None = None,
    shared: Mapping[str, Mapping[str, str]] | None = None,
    config_maps: Mapping[str, Mapping[str, str]] | None = None,
    site: Site = SITE,
    **settings: object,
) -> Recording:
    """Record one server of type `demo`; `values` are the clear values of its secrets, `shared` those of declared."""
    server = Server.model_validate({**MINIMAL, **settings})

    def program() -> None:
        content = Content(
            own=secret(values or {}),
            secrets={name: secret(data) for name, data in (shared or {}).items()},
            config_maps=config_maps or {},
        )
        hidden = {
            "Secret": secret_data(server.namespace, "demo-mcp-credentials", content.own),
            "Deployment": pod_checksum(DEMO, server, content),
        }
        manifests, url = workload_manifests(DEMO, server, content, site), endpoint("demo", server, site.domain)
        McpServer("demo", McpServerArgs(manifests, stopping("test"), hidden, endpoint=url))

    return record(program)


def secret(values: Mapping[str, str]) -> dict[str, pulumi.Output[str]]:
    return {name: pulumi.Output.secret(value) for name, value in values.items()}
