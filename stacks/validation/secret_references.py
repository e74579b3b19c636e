"""Check that the Secrets whose values a declaration uses are declared, and have the keys that it names."""

from collections.abc import Iterator, Mapping, Set

from stacks.model import names
from stacks.model.agent import Webhook
from stacks.model.authorization import SecretValue
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.server import Server
from stacks.model.suggestion import meant
from stacks.model.workload import Workload

PULL_SECRET = "kubernetes.io/dockerconfigjson"  # noqa: S105 - a type of Secret
"""The type of a Secret with which nodes pull images."""


def faults(declaration: Declaration) -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`."""
    for owner, reader in declaration.running().items():
        yield from _variables(owner, reader, declaration)
        if isinstance(reader, Server):
            yield from _credential(owner, reader, declaration)
    for name, hook in declaration.agent.webhooks.items() if declaration.agent else ():
        within = _keys(declaration, names.SYSTEM_NAMESPACE)
        yield from _value(f"agent.webhooks.{name}", hook, names.SYSTEM_NAMESPACE, within)
    yield from _pull_secrets(declaration)
    yield from _readable_secrets(declaration)
    for key in declaration.rotations() if declaration.rotator is None else ():
        yield f"secrets.{key}.rotation: needs the CronJob of cortex:rotator: declare that with an image, or remove this"


def _variables(owner: Owner, reader: Workload, declaration: Declaration) -> Iterator[str]:
    for index, secret in enumerate(reader.secrets):
        if declared := declaration.secrets.get(secret.name):
            for variable, key in secret.env.items():
                path = f"{owner.path}.secrets.{index}.env.{variable}"
                yield from _key(path, secret.name, key, declared.names())


def _credential(owner: Owner, server: Server, declaration: Declaration) -> Iterator[str]:
    """Check the token or client secret of a verification, which the server's own Secret can have, too."""
    setting, stored = (server.authorization and server.authorization.stored) or ("", None)
    if stored:
        within = _keys(declaration, server.namespace)
        if server.has_own_secret:
            within[owner.secret] = {*server.secret_env, *server.secret_files}
        yield from _value(f"{owner.path}.authorization.{setting}", stored, server.namespace, within)


def _keys(declaration: Declaration, namespace: str) -> dict[str, Set[str]]:
    """Return the keys of each declared Secret of a namespace."""
    return {name: secret.names() for name, secret in declaration.secrets.items() if secret.namespace == namespace}


def _value(path: str, value: SecretValue | Webhook, namespace: str, within: Mapping[str, Set[str]]) -> Iterator[str]:
    """Check a value in a Secret of a namespace, of whose Secrets the keys are given."""
    if value.secret in within:
        yield from _key(f"{path}.key", value.secret, value.key, within[value.secret])
    else:
        others = f", or use one of {', '.join(sorted(within))}" if within else ""
        yield (
            f"{path}.secret: Secret {value.secret!r} is not declared in {namespace}: {meant(value.secret, within)}"
            f"add it under cortex:secrets with this namespace{others}"
        )


def _key(path: str, secret: str, key: str, keys: Set[str]) -> Iterator[str]:
    if key not in keys:
        known = ", ".join(sorted(keys))
        yield f"{path}: Secret {secret!r} has no key {key!r}: {meant(key, keys)}add it there, or use one of {known}"


def _pull_secrets(declaration: Declaration) -> Iterator[str]:
    for key, secret in declaration.secrets.items():
        name = secret.called(key)
        if name in declaration.cluster.image_pull_secrets and secret.type != PULL_SECRET:
            yield (
                f"cluster.imagePullSecrets: Secret {name!r} is of type {secret.type}: "
                f"declare it with type {PULL_SECRET}, or name another"
            )


def _readable_secrets(declaration: Declaration) -> Iterator[str]:
    if declaration.resource_manager is None:
        return
    known = {(secret.namespace, secret.called(key)) for key, secret in declaration.secrets.items()}
    known |= {(one.namespace, owner.secret) for owner, one in declaration.running().items() if one.has_own_secret}
    spaces = (*declaration.namespaces, *declaration.existing_namespaces)
    for namespace, wanted in declaration.resource_manager.readable_secrets.items():
        for name in wanted:
            if (namespace, name) not in known and namespace in spaces:
                yield (
                    f"resourceManager.readableSecrets.{namespace}: Secret {name!r} is not declared there: "
                    f"{meant(name, (known_name for space, known_name in known if space == namespace))}"
                    "add it under cortex:secrets, or remove it here"
                )
