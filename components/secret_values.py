"""The values of secrets, from Pulumi's encrypted settings, files and literals. Each is a Pulumi secret.

The machine that previews a pull request may not have them. There a missing value is a warning, and unknown;
`pulumi up` refuses to begin without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pulumi
import yaml
from pulumi.runtime import is_dry_run
from pulumi.runtime.config import is_config_secret

from stacks.model.declaration import Declaration
from stacks.model.owner import SERVERS, WORKLOADS
from stacks.model.secret import Source
from stacks.model.workload import Workload

SECTION = "secrets"
"""The Pulumi config namespace that holds secrets: `pulumi config set --secret secrets:KEY`."""

PUBLIC_SALT = "v1:zNBO45xlBRA=:v1:ZFkk3iCnHEjvHemG:Djekj+/xEFK5iTDRUPRf1L4BZsn7Ww=="
"""The `encryptionsalt` of this repository's stack files, whose passphrase is public."""

_REFUSED = "; `pulumi up` will refuse to begin"

SecretValues = Mapping[str, pulumi.Output[str]]
"""Environment variable, file name or key → its secret value."""


@dataclass(frozen=True)
class Values:
    """All secret values of a stack."""

    servers: Mapping[str, SecretValues]
    """Server type → values of its `secretEnv` and `secretFiles`."""
    workloads: Mapping[str, SecretValues]
    """The same of workloads."""
    secrets: Mapping[str, SecretValues]
    """Declared Secret → values of its `keys`; empty if others make it."""

    def all(self) -> SecretValues:
        """Return all of them, each under a unique name."""
        parts = {SERVERS: self.servers, WORKLOADS: self.workloads, "secrets": self.secrets}
        return {
            f"{part}/{owner}/{name}": value
            for part, owners in parts.items()
            for owner, values in owners.items()
            for name, value in values.items()
        }


@dataclass(frozen=True)
class _Missing:
    """A missing value: what to tell the user, and whether a preview can do without it."""

    sentence: str
    previewable: bool = True


def read(declaration: Declaration, root: Path) -> Values:
    """Return every secret value that the stack needs; files are relative to `root`.

    Raises:
        pulumi.RunError: values are missing (a preview only warns), or are not encrypted; one line each.
    """
    reader = _Reader(root)
    values = Values(
        servers={kind: reader.own(server, f"the MCP server {kind!r}") for kind, server in declaration.servers.items()},
        workloads={name: reader.own(one, f"the workload {name!r}") for name, one in declaration.workloads.items()},
        secrets={
            name: {key: reader.source(source, f"the Secret {name!r}", key) for key, source in secret.keys.items()}
            for name, secret in declaration.secrets.items()
        },
    )
    reader.report()
    return values


def require_own_passphrase(declaration: Declaration, stack: str, root: Path) -> None:
    """Check that a stack with secrets does not encrypt them with the public passphrase, except on the embedded cluster.

    Raises:
        pulumi.RunError: it does; a preview only warns.
    """
    path = root / f"Pulumi.{stack}.yaml"
    has_secrets = any(declared.has_own_secret for declared in declaration.running().values()) or any(
        secret.generated or any(source.literal is None for source in secret.keys.values())
        for secret in declaration.secrets.values()
    )
    if not has_secrets or declaration.cluster.environment == "local":
        return
    if yaml.safe_load(path.read_text(encoding="utf-8")).get("encryptionsalt") == PUBLIC_SALT:
        command = f"pulumi stack change-secrets-provider --stack {stack} passphrase"
        sentence = f"the passphrase of {path.name} is public, and the stack has secrets: run `{command}`"
        if not is_dry_run():
            raise pulumi.RunError(sentence)
        pulumi.log.warn(f"{sentence}{_REFUSED}")


class _Reader:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._config = pulumi.Config(SECTION)
        self._missing: list[_Missing] = []

    def own(self, declared: Workload, owner: str) -> SecretValues:
        keys = {**declared.secret_env, **declared.secret_files}
        return {name: self.setting(key, owner, name) for name, key in keys.items()}

    def setting(self, key: str, owner: str, name: str) -> pulumi.Output[str]:
        full = f"{SECTION}:{key}"
        command = f"pulumi config set --secret {full}"
        value = self._config.get_secret(key)
        if value is None:
            return self._miss(f"{full} is not set, and {owner} needs it for {name}: run `{command}`")
        if not is_config_secret(full):
            clear = f"{full} of {owner} is plain text in the stack file: run `{command}`"
            self._missing.append(_Missing(clear, previewable=False))
        return value

    def source(self, source: Source, owner: str, name: str) -> pulumi.Output[str]:
        if source.pulumi is not None:
            return self.setting(source.pulumi, owner, name)
        if source.file is not None:
            return self._file(source.file, owner, name)
        return pulumi.Output.secret(source.literal or "")

    def report(self) -> None:
        fatal = [missing for missing in self._missing if not (is_dry_run() and missing.previewable)]
        if fatal:
            raise pulumi.RunError("\n".join(missing.sentence for missing in fatal))
        for missing in self._missing:
            pulumi.log.warn(f"{missing.sentence}{_REFUSED} without it")

    def _file(self, path: str, owner: str, name: str) -> pulumi.Output[str]:
        try:
            # As bytes, because reading as text would convert line ends.
            return pulumi.Output.secret((self._root / path).read_bytes().decode())
        except OSError as error:
            reason = f"cannot be read ({error.strerror}), and {owner} needs it for {name}"
            return self._miss(f"the file {path} {reason}: put it there, or name another in cortex:secrets")
        except UnicodeDecodeError:
            reason = f"is not UTF-8 text, and {owner} needs it for {name}"
            return self._miss(f"the file {path} {reason}: encode it, for instance with base64")

    def _miss(self, sentence: str) -> pulumi.Output[str]:
        self._missing.append(_Missing(sentence))
        return pulumi.Output.secret(cast("str", pulumi.UNKNOWN))
