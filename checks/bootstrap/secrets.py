"""The machine configurations and the talosconfig of a cluster, which are on the disk only encrypted (age)."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyrage
import yaml

from checks import private_files
from checks.bootstrap.plan import Plan
from checks.bootstrap.plan_file import Planned
from checks.errors import UncheckedError, UsageError


@dataclass(frozen=True)
class Key:
    """An age key pair."""

    _identity: Any = field(repr=False)

    def encrypt(self, plain: bytes) -> bytes:
        """Return the encrypted text."""
        return bytes(pyrage.encrypt(plain, [self._identity.to_public()]))

    def decrypt(self, encrypted: bytes) -> bytes:
        """Return the text in the clear."""
        return bytes(pyrage.decrypt(encrypted, [self._identity]))


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
        UsageError: the file has none, or it is not that of the recipient.
    """
    file = planned.path(planned.plan.keys.identity_file)
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"keys.identityFile: cannot read {file}: make one with `age-keygen -o {file}`") from error
    text = next((line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")), "")
    try:
        identity = pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError as error:
        raise UsageError(f"keys.identityFile: {file} has no age private key: make one with `age-keygen`") from error
    if str(identity.to_public()) != planned.plan.keys.recipient:
        raise UsageError(
            f"keys: the private key in {file} is not that of the recipient: what is encrypted could not be read again"
        )
    return Key(identity)


def save(secrets: ClusterSecrets, file: Path, key: Key) -> None:
    """Write the secrets, encrypted."""
    private_files.replace(file, key.encrypt(json.dumps(asdict(secrets)).encode()))


def load(file: Path, key: Key) -> ClusterSecrets | None:
    """Return the secrets of a file; None if it does not exist.

    Raises:
        UncheckedError: it cannot be decrypted.
    """
    if not file.exists():
        return None
    try:
        return ClusterSecrets(**json.loads(key.decrypt(file.read_bytes())))
    except (pyrage.DecryptError, ValueError, TypeError) as error:
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
