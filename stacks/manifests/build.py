"""Every manifest of a stack, by the part of the declaration that it comes from."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import chain

from stacks.manifests import pod_config
from stacks.manifests.agent import agent_manifests
from stacks.manifests.config import config_map
from stacks.manifests.declaration import published
from stacks.manifests.files import SECTION, file_manifests
from stacks.manifests.kube_state_metrics import kube_state_metrics_manifests
from stacks.manifests.manifest import Identity, Manifest
from stacks.manifests.namespace import namespace_manifests
from stacks.manifests.resource_manager import resource_manager_manifests
from stacks.manifests.rotator import rotator_manifests, work
from stacks.manifests.secrets import secret
from stacks.manifests.site import Site, site
from stacks.manifests.verifier import verification, verifier_manifests
from stacks.manifests.workload import resolved, workload_manifests
from stacks.model.declaration import Declaration
from stacks.model.owner import WORKLOADS, Owner
from stacks.model.requirements import required_custom_resources

DeclarationPath = tuple[str, ...]
"""The path of a part of the declaration, such as `("servers", "time")`; empty for the declaration as a whole."""

_LAST: Mapping[DeclarationPath, int] = {(WORKLOADS,): 1, (SECTION,): 2}
"""The parts whose objects have names that their author chooses, and that are told to choose others."""


def build(declaration: Declaration) -> tuple[Manifest, ...]:
    """Return every manifest of the stack: what a deployment registers, and what a verification expects."""
    return tuple(chain.from_iterable(parts(declaration).values()))


@lru_cache(maxsize=4)  # Many checks ask for the manifests of one declaration.
def parts(declaration: Declaration) -> Mapping[DeclarationPath, tuple[Manifest, ...]]:
    """Return the manifests of each part of the declaration; none for a Secret that others provide.

    A part comes after those that it uses. The published declaration comes after all but the agent, which reads it.
    """
    return {
        path: tuple(replace(manifest, declared_at=path) for manifest in manifests)
        for path, manifests in _parts(declaration)
    }


def _tokens(declaration: Declaration) -> Mapping[str, set[str]]:
    """Return the Secrets with tokens and client secrets for MCP servers, by namespace."""
    secrets: dict[str, set[str]] = {}
    for kind, server in declaration.servers.items():
        if stored := declaration.credential(kind):
            secrets.setdefault(server.namespace, set()).add(stored.secret)
    return secrets


def duplicates(declaration: Declaration) -> Iterator[str]:
    """Yield a sentence for each object of a workload or from a file that another part of the stack has, too."""
    if not (declaration.manifests or declaration.workloads):
        return
    known: dict[Identity, str] = {}
    for path, manifests in sorted(parts(declaration).items(), key=lambda part: _LAST.get(part[0][:1], 0)):
        way_out = "choose another name" if path[:1] == (WORKLOADS,) else "remove it here or there"
        for manifest in manifests:
            kind, namespace, name = manifest.identity
            if manifest.identity in known:
                place = f"{namespace}/{name}" if namespace else name
                where = known[manifest.identity]
                yield f"{'.'.join(path)}: {kind} {place} is an object of {where}, too: {way_out}"
            known.setdefault(manifest.identity, ".".join(path) or "the stack")


def _parts(declaration: Declaration) -> Iterator[tuple[DeclarationPath, tuple[Manifest, ...]]]:
    here = site(declaration)
    for name, namespace in declaration.namespaces.items():
        yield ("namespaces", name), namespace_manifests(name, namespace, declaration.cluster)
    for name, declared_secret in declaration.secrets.items():
        component = declaration.component(declared_secret.namespace)
        made = secret(declared_secret.called(name), declared_secret, component)
        yield ("secrets", name), (made,) if made else ()
    for name, data in declaration.config_maps.items():
        yield ("configMaps", name), (config_map(data.called(name), data, declaration.component(data.namespace)),)
    for file, documents in declaration.manifests.items():
        yield (SECTION, file), tuple(file_manifests(documents))
    kinds: set[str] = {*required_custom_resources(declaration).values()}
    # A verification also looks for undeclared ones.
    kinds |= {"CiliumNetworkPolicy"} & {*declaration.cluster.custom_resources}
    complete = resolved(declaration)
    for owner in _in_order(declaration):
        content = pod_config.hidden(declaration.running()[owner], declaration)
        manifests = workload_manifests(owner, complete[owner], content, here)
        kinds.update(manifest.kind for manifest in manifests)
        yield tuple(owner), manifests
    if manager := declaration.resource_manager:
        yield ("resourceManager",), resource_manager_manifests(manager, here)
    if metrics := declaration.kube_state_metrics:
        verified, rotated = declaration.verifier is not None, declaration.rotator is not None
        monitoring = kube_state_metrics_manifests(metrics, here, verified=verified, rotated=rotated)
        yield ("kubeStateMetrics",), monitoring
    agent, hooks = declaration.agent, declaration.webhook_secrets()
    follower = agent_manifests(agent, here, declaration.followed().digest(), hooks) if agent else ()
    kinds.update(manifest.kind for manifest in follower)
    yield from _scheduled(declaration, here, kinds)
    yield (), (published(declaration),)
    if follower:
        yield ("agent",), follower


def _scheduled(
    declaration: Declaration, here: Site, kinds: Collection[str]
) -> Iterator[tuple[DeclarationPath, tuple[Manifest, ...]]]:
    if rotator := declaration.rotator:
        yield ("rotator",), rotator_manifests(rotator, here, work(declaration))
    if verifier := declaration.verifier:
        secrets = pod_config.has_secrets(declaration)
        job = verification(verifier, here, declaration.digest(), secrets=secrets)
        files = tuple(chain.from_iterable(map(file_manifests, declaration.manifests.values())))
        yield ("verifier",), (*verifier_manifests(verifier, here, kinds, _tokens(declaration), files), job)


def _in_order(declaration: Declaration) -> Iterator[Owner]:
    """Yield servers and workloads, each after those that it connects to, unless they connect to each other."""
    known: set[Owner] = set()

    def place(owner: Owner) -> Iterator[Owner]:
        if owner not in known:
            known.add(owner)
            for other in declaration.connects_to(owner):
                yield from place(other)
            yield owner

    for owner in declaration.running():
        yield from place(owner)
