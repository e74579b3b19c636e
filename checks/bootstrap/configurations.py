"""Step 2: the machine configurations, from `talosctl` where it is on PATH, and else from a node in maintenance mode."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from talos_linux_api.v1_6_0 import machine

from checks.bootstrap import secrets
from checks.bootstrap.nodes import Phase, until
from checks.bootstrap.plan import Plan
from checks.bootstrap.run import Run
from checks.bootstrap.secrets import ClusterSecrets
from checks.errors import UncheckedError
from checks.kube.reading import ReadFailure, Reason
from checks.plain_text import brief
from checks.talos import program

DISK = "/dev/sda"
"""The disk scsi0 of the virtual machines, as Talos sees it."""


async def generate(run: Run, seconds: float) -> str:
    """Generate the secrets of the cluster once, and keep them encrypted."""
    if run.secrets() is None:
        talosctl = shutil.which("talosctl")
        made = await (_by_talosctl(run, talosctl, seconds) if talosctl else _by_node(run, seconds))
        secrets.save(made, run.state.secrets, run.key)
    return f"the machine configurations are in {run.state.secrets}, encrypted"


async def _by_talosctl(run: Run, talosctl: str, seconds: float) -> ClusterSecrets:
    """Return what talosctl generates; it writes files, which are in memory."""
    plan = run.plan
    with TemporaryDirectory(dir=run.memory) as folder:
        command = [talosctl, "gen", "config", plan.cluster, plan.endpoint, "--output", folder, "--force"]
        command += ["--install-disk", DISK, "--install-image", plan.talos.installer]
        command += ["--kubernetes-version", plan.talos.kubernetes, "--talos-version", f"v{plan.talos.version}"]
        command += ["--with-docs=false", "--with-examples=false"]
        try:
            done = await program.run(command, seconds)
        except (OSError, ValueError) as error:
            raise UncheckedError(f"`talosctl gen config` failed: {error}") from error
        if done is None:
            raise UncheckedError(f"`talosctl gen config` has not ended after {seconds:g} s: run it by hand")
        if done.code != 0:
            raise UncheckedError(f"`talosctl gen config` failed: {brief(done.err or done.out)}")
        try:
            names = ("controlplane.yaml", "talosconfig", "worker.yaml")
            return ClusterSecrets(*((Path(folder) / name).read_text("utf-8") for name in names))
        except OSError as error:
            raise UncheckedError(f"`talosctl gen config` wrote no {Path(str(error.filename)).name}") from error


async def _by_node(run: Run, seconds: float) -> ClusterSecrets:
    """Return what the first control-plane node generates, as soon as it is in maintenance mode."""
    first, reach = run.plan.control_planes[0], run.reach()

    async def waits() -> bool | None:
        return await reach.phase(first) is Phase.MAINTENANCE or None

    await until(seconds, lambda: f"node {first.name} at {first.address} was not in maintenance mode", waits)
    request = _request(run.plan, machine.MachineConfigMachineType.TYPE_CONTROL_PLANE)
    async with reach.insecure(first) as node:
        made = node if isinstance(node, ReadFailure) else await node.generate_configuration(request)
    if isinstance(made, ReadFailure):
        raise _refused(first.name, made)
    configuration, talosconfig = made.value
    return ClusterSecrets(configuration, talosconfig)


async def generate_worker(run: Run, seconds: float) -> str:
    """Return the machine configuration of workers; the first control-plane node knows the secrets of its cluster."""
    first, reach = run.plan.control_planes[0], run.reach()
    request = _request(run.plan, machine.MachineConfigMachineType.TYPE_WORKER)
    last: list[ReadFailure] = []

    async def ask() -> str | None:
        async with reach.secure(first) as node:
            made = node if isinstance(node, ReadFailure) else await node.generate_configuration(request)
        if not isinstance(made, ReadFailure):
            return made.value[0]
        if made.reason is Reason.FAILED:
            raise _refused(first.name, made)
        last[:] = [made]
        return None

    what = "generated no configuration for workers"
    return await until(seconds, lambda: f"node {first.name} {what}, last: {last[0].message if last else ''}", ask)


def _refused(node: str, failure: ReadFailure) -> UncheckedError:
    return UncheckedError(
        f"node {node} generates no machine configuration ({failure.message}), and there is no `talosctl` on PATH: "
        "install talosctl"
    )


def _request(plan: Plan, kind: machine.MachineConfigMachineType) -> machine.GenerateConfigurationRequest:
    return machine.GenerateConfigurationRequest(
        config_version="v1alpha1",
        cluster_config=machine.ClusterConfig(
            name=plan.cluster, control_plane=machine.ControlPlaneConfig(endpoint=plan.endpoint)
        ),
        machine_config=machine.MachineConfig(
            type=kind,
            install_config=machine.InstallConfig(install_disk=DISK, install_image=plan.talos.installer),
            kubernetes_version=plan.talos.kubernetes,
        ),
    )
