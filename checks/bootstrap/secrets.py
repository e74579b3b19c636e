"""The machine configurations and the talosconfig of a cluster, which are on the disk only encrypted (age)."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import yaml

from checks import private_files
from checks.bootstrap.plan import Plan
from checks.bootstrap.plan_file import Planned
from checks.errors import UncheckedError, UsageError
from checks.kubeconfigs.encryption import Key, keys_of, seal, unseal


@dataclass(frozen=True)
class ClusterSecrets:
    """What was generated for a cluster. All of it is secret."""

    control_plane: str = field(repr=False)
    """The machine configuration of control-plane nodes, in which all other secrets are."""
    talosconfig: str = field(repr=False)
    worker: str = field(default="", repr=False)
    """The machine configuration of workers; empty as long as no node has generated it."""

    def with_worker(self, worker: str) -> "ClusterSecrets":
        """Return the same with the machine configuration of workers."""
        return replace(self, worker=worker)


def read_key(planned: Planned) -> Key:
    """Return the key of the plan.

    Raises:
        UsageError: the file is missing or has none, others can read it, or the key is not that of the recipient.
    """
    file, recipient = planned.path(planned.plan.keys.identity_file), planned.plan.keys.recipient
    if not file.exists():
        raise UsageError(f"keys.identityFile: there is no {file}: make it with `age-keygen -o {file}`")
    try:
        known = keys_of(file)
    except UsageError as error:
        raise UsageError(f"keys.identityFile: {error}") from error
    key = next((one for one in known if one.public == recipient), None)
    if key is None:
        raise UsageError(
            f"keys: the private key in {file} is not that of the recipient: what is encrypted could not be read again"
        )
    return key


def save(secrets: ClusterSecrets, file: Path, key: Key) -> None:
    """Write the secrets, encrypted."""
    private_files.replace(file, seal(json.dumps(asdict(secrets)).encode(), [key.public]))


def load(file: Path, key: Key) -> ClusterSecrets | None:
    """Return the secrets of a file; None if it does not exist.

    Raises:
        UncheckedError: it cannot be decrypted.
    """
    if not file.exists():
        return None
    try:
        return ClusterSecrets(**json.loads(unseal(file.read_bytes(), f"the file {file}", [key])))
    except (UsageError, ValueError, TypeError) as error:
        raise UncheckedError(f"{file} cannot be decrypted with the private key of the plan: restore both") from error


def for_node(configuration: str, name: str) -> bytes:
    """Return a machine configuration with the host name of a node."""
    documents = [one for one in yaml.safe_load_all(configuration) if one]
    named = next((one for one in documents if one.get("kind") == "HostnameConfig"), None)
    if named is not None:
        # Newer versions of Talos have a document of its own for it, and refuse the old field beside it.
        named.pop("auto", None)
        named["hostname"] = name
    else:
        machine = next(one["machine"] for one in documents if "machine" in one)
        machine["network"] = {**(machine.get("network") or {}), "hostname": name}
    return yaml.safe_dump_all(documents, sort_keys=False).encode()


def with_nodes(talosconfig: str, plan: Plan) -> str:
    """Return a talosconfig whose only context has the name of the cluster, and the nodes of the plan."""
    document = yaml.safe_load(talosconfig)
    context = document["contexts"][document["context"]]
    addresses = [node.address for node in plan.nodes]
    context |= {"endpoints": addresses[: len(plan.control_planes)], "nodes": addresses}
    return yaml.safe_dump({"context": plan.cluster, "contexts": {plan.cluster: context}})
