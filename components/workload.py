"""The pods of an MCP server: fit for Pod Security `restricted`, probed, labelled for discovery."""

import pulumi
from pulumi_kubernetes.apps.v1 import (
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
)
from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    ConfigMapVolumeSourceArgs,
    ContainerArgs,
    ContainerPortArgs,
    EmptyDirVolumeSourceArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    HTTPGetActionArgs,
    KeyToPathArgs,
    PodSecurityContextArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SeccompProfileArgs,
    SecretKeySelectorArgs,
    SecretVolumeSourceArgs,
    SecurityContextArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components.secrets import SecretValues
from stacks import discovery, names
from stacks.checksum import checksum
from stacks.probe import Probe
from stacks.server import Server

HTTP = "http"
"""Name of the container's port."""

USER = 65532
"""The `nonroot` user of distroless images; nothing on a node is expected to be its."""

GRACE_SECONDS = 20
"""Time to end after SIGTERM; the bridge needs at most 5.5 s."""


def deployment(kind: str, server: Server, values: SecretValues, opts: pulumi.ResourceOptions) -> Deployment:
    """Make a server's Deployment (seed, section 3.2, with the labels and annotations of section 2.1)."""
    name = names.server(kind)
    labels, annotations = discovery.labels(kind, server), discovery.annotations(kind, server)
    return Deployment(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels, annotations=annotations),
        spec=DeploymentSpecArgs(
            replicas=server.replicas,
            selector=LabelSelectorArgs(match_labels=names.server_selector(kind)),
            strategy=DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=RollingUpdateDeploymentArgs(max_surge=server.SURGE, max_unavailable=0),
            ),
            template=PodTemplateSpecArgs(
                metadata=ObjectMetaArgs(
                    labels=labels,
                    annotations={**annotations, names.CHECKSUM: _checksum(kind, server, values)},
                ),
                spec=_pod(kind, server),
            ),
        ),
        opts=opts,
    )


def _checksum(kind: str, server: Server, values: SecretValues) -> pulumi.Input[str]:
    owner = f"{server.namespace}/{names.server(kind)}"
    if not values:
        return checksum(owner, server.config, {})
    return pulumi.Output.all(*values.values()).apply(
        lambda clear: checksum(owner, server.config, dict(zip(values, clear, strict=True)))
    )


def _pod(kind: str, server: Server) -> PodSpecArgs:
    return PodSpecArgs(
        service_account_name=names.server(kind),
        automount_service_account_token=server.kubernetes is not None,
        enable_service_links=False,
        termination_grace_period_seconds=GRACE_SECONDS,
        security_context=PodSecurityContextArgs(
            run_as_non_root=True,
            run_as_user=USER,
            run_as_group=USER,
            # So that the user can read the files of a Secret that others cannot.
            fs_group=USER,
            seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
        ),
        containers=[_container(kind, server)],
        volumes=[volume for volume, _ in _volumes(kind, server)],
    )


def _container(kind: str, server: Server) -> ContainerArgs:
    return ContainerArgs(
        name=names.server(kind),
        image=server.image,
        image_pull_policy="IfNotPresent",
        args=server.args or None,
        ports=[ContainerPortArgs(name=HTTP, container_port=server.port, protocol="TCP")],
        env=_env(kind, server) or None,
        resources=ResourceRequirementsArgs(
            requests=server.resources.requests.model_dump(), limits=server.resources.limits.model_dump()
        ),
        security_context=SecurityContextArgs(
            allow_privilege_escalation=False,
            capabilities=CapabilitiesArgs(drop=["ALL"]),
            read_only_root_filesystem=True,
        ),
        volume_mounts=[mount for _, mount in _volumes(kind, server)],
        liveness_probe=_probe(server.probes.liveness),
        readiness_probe=_probe(server.probes.readiness),
        startup_probe=_probe(server.probes.startup),
    )


def _env(kind: str, server: Server) -> list[EnvVarArgs]:
    secret = names.server_secret(kind)
    plain = [EnvVarArgs(name=name, value=value) for name, value in server.env.items()]
    return plain + [
        EnvVarArgs(
            name=name,
            value_from=EnvVarSourceArgs(secret_key_ref=SecretKeySelectorArgs(name=secret, key=name)),
        )
        for name in server.secret_env
    ]


def _volumes(kind: str, server: Server) -> list[tuple[VolumeArgs, VolumeMountArgs]]:
    """Give each volume with its mount; only the files of `secretFiles` are shown of the Secret."""
    volumes = [
        (
            VolumeArgs(name="tmp", empty_dir=EmptyDirVolumeSourceArgs()),
            VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108
        )
    ]
    if server.config:
        config = ConfigMapVolumeSourceArgs(name=names.server_config(kind), default_mode=0o444)
        volumes.append((VolumeArgs(name="config", config_map=config), _read_only("config", names.CONFIG_MOUNT)))
    if server.secret_files:
        secret = SecretVolumeSourceArgs(
            secret_name=names.server_secret(kind),
            default_mode=0o440,
            items=[KeyToPathArgs(key=name, path=name) for name in server.secret_files],
        )
        volumes.append((VolumeArgs(name="secrets", secret=secret), _read_only("secrets", names.SECRETS_MOUNT)))
    return volumes


def _read_only(name: str, path: str) -> VolumeMountArgs:
    return VolumeMountArgs(name=name, mount_path=path, read_only=True)


def _probe(probe: Probe) -> ProbeArgs:
    return ProbeArgs(
        http_get=HTTPGetActionArgs(path=probe.path, port=HTTP),
        **probe.model_dump(exclude={"path"}),
    )
