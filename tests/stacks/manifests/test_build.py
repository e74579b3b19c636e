"""Every manifest of a stack. tests/components/test_children.py shows that exactly these are deployed."""

from collections.abc import Iterator, Mapping
from typing import cast

from stacks.manifests.build import DeclarationPath, build, parts
from stacks.manifests.checksum import checksum
from stacks.manifests.manifest import HIDDEN, Identity, Manifest, Value
from stacks.model.declaration import Declaration
from tests.components import recording
from tests.components.full import full

CHECKSUM = "cortex.dev/checksum"
CREDENTIALS = {"cortex-mcp/demo-mcp-credentials", "cortex-mcp/shared-secret"}
"""The Secrets of `full`: the others are made by others."""


def of(kind: str, objects: tuple[Manifest, ...]) -> dict[str, Manifest]:
    return {f"{one.namespace}/{one.name}": one for one in objects if one.kind == kind}


def at(declared: Manifest, path: str) -> object:
    value: object = declared.document()
    for key in path.split("."):
        value = cast("Mapping[str, object]", value)[key]
    return value


def hidden(value: Value, path: str = "") -> Iterator[str]:
    if value is HIDDEN:
        yield path
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from hidden(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from hidden(inner, path)


def test_no_object_is_declared_twice() -> None:
    objects = build(full())
    identities = {(one.api_version, one.kind, one.namespace, one.name) for one in objects}
    assert len(identities) == len(objects)


def declared_paths(declaration: Declaration) -> Iterator[DeclarationPath]:
    """Give the path of each part that can have manifests: entries of mappings, other settings, and the whole."""
    for name, field in Declaration.model_fields.items():
        value = getattr(declaration, name)
        setting = str(field.alias)
        if isinstance(value, dict):
            yield from ((setting, key) for key in value)
        elif value is not None and name not in ("cluster", "existing_namespaces", "suppressions"):
            yield (setting,)
    yield ()


def test_every_manifest_knows_where_it_was_declared() -> None:
    found = parts(full())
    paths = list(found)
    assert sorted(paths) == sorted(declared_paths(full()))
    sections = list(dict.fromkeys(path[:1] for path in paths))
    assert sections[0] == ("namespaces",), "all others are in a namespace"
    assert max(sections.index(("secrets",)), sections.index(("configMaps",))) < sections.index(("servers",))
    assert sections[-2:] == [(), ("agent",)], "the agent reads the published declaration"
    assert all(one.declared_at == path for path, manifests in found.items() for one in manifests)
    assert found["secrets", "existing"] == ()
    assert [one.name for one in found[()]] == ["cortex-declaration"]


def test_nothing_depends_on_what_comes_after_it() -> None:
    for manifests in parts(full(resourceManager={"token": "legacy"})).values():
        seen: set[Identity] = set()
        for one in manifests:
            assert one.depends_on <= seen
            seen.add(one.identity)


def test_secrets_hide_all_their_values_literals_too() -> None:
    literal = {"namespace": "cortex-mcp", "keys": {"token": {"pulumi": "t"}, "url": {"literal": "https://x"}}}
    objects = build(full(secrets={"shared-secret": literal}))
    secret = of("Secret", objects)["cortex-mcp/shared-secret"]
    assert secret.content == {"type": "Opaque", "data": {"token": HIDDEN, "url": HIDDEN}}
    # The published declaration says where a value comes from, so it has literals.
    assert not any("https://x" in str(one.document()) for one in objects if one.name != "cortex-declaration")


def test_secrets_of_the_stack_carry_a_checksum_and_no_others() -> None:
    secrets = of("Secret", build(full(resourceManager={"token": "legacy"})))
    assert {name for name, secret in secrets.items() if secret.annotations.get(CHECKSUM) is HIDDEN} == CREDENTIALS
    made = {"cortex-mcp/generated", "cortex-system/cortex-rotation"}
    assert secrets.keys() - CREDENTIALS == {"cortex-system/cortex-resource-manager-token", *made}


def test_nothing_else_is_hidden_but_the_checksums_of_pods_that_read_secrets() -> None:
    places = {f"{one.kind} {one.name}{path}" for one in build(full()) for path in hidden(one.document())}
    assert places - {place for place in places if place.startswith("Secret ")} == {
        f"Deployment demo-mcp-server/spec/template/metadata/annotations/{CHECKSUM}",
        f"Job cortex-verify-{full().digest()[:8]}/spec/template/metadata/annotations/{CHECKSUM}",
    }


def test_checksum_of_pods_that_read_no_secret_of_ours_is_known() -> None:
    reads = {
        "config": {"a": "1"},
        "configMaps": [{"name": "shared-config", "envFrom": True}],
        "secrets": [{"name": "existing", "mount": "/s"}],
    }
    objects = build(full(servers={"demo": {**recording.MINIMAL, **reads}}, resourceManager=None))
    annotations = at(of("Deployment", objects)["cortex-mcp/demo-mcp-server"], "spec.template.metadata.annotations")
    expected = checksum("cortex-mcp/demo-mcp-server", {"a": "1", "shared-config/LOG_LEVEL": "info"}, {})
    assert cast("Mapping[str, object]", annotations)[CHECKSUM] == expected


def test_every_server_admits_the_verifier_once_where_there_is_one() -> None:
    verifier = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cortex-system"}},
        "podSelector": {"matchLabels": {"app": "cortex-verifier"}},
    }
    known = {"clients": [{"namespace": "cortex-system", "labels": {"app": "cortex-verifier"}}]}
    servers = {"new": recording.MINIMAL, "known": {**recording.MINIMAL, **known}}
    policies = of("NetworkPolicy", build(full(servers=servers, secrets={}, resourceManager=None)))
    for kind in servers:
        (rule,) = cast("list[Mapping[str, object]]", at(policies[f"cortex-mcp/{kind}-mcp-server"], "spec.ingress"))
        assert rule["from"] == [verifier]
    alone = of("NetworkPolicy", build(recording.declared(new={})))
    assert at(alone["cortex-mcp/new-mcp-server"], "spec.ingress") == []


POD = "spec.template.spec"
PODS = {"Deployment": POD, "Job": POD, "CronJob": f"spec.jobTemplate.{POD}"}


def pull_secrets(declaration: Declaration) -> dict[str, set[str]]:
    """Give the pull secrets of each object with pods, by its name without the Job's hash."""
    found = {}
    for one in build(declaration):
        if one.kind in PODS:
            pod = cast("Mapping[str, list[Mapping[str, str]]]", at(one, PODS[one.kind]))
            name = one.name.removesuffix(declaration.digest()[:8])
            found[f"{one.kind} {name}"] = {named["name"] for named in pod.get("imagePullSecrets", [])}
    return found


def test_pull_secrets_are_on_every_pod_and_a_declared_one_in_its_namespace() -> None:
    cluster = {"context": "c", "environment": "e", "imagePullSecrets": ["everywhere", "ours"]}
    keys = {".dockerconfigjson": {"pulumi": "registry"}}
    ours = {"ours": {"namespace": "cortex-mcp", "type": "kubernetes.io/dockerconfigjson", "keys": keys}}
    parts = {"servers": {"bare": recording.MINIMAL}, "resourceManager": None, "kubeStateMetrics": {}, "secrets": ours}
    assert pull_secrets(full(cluster=cluster, **parts)) == {
        "Deployment bare-mcp-server": {"everywhere", "ours"},
        "Deployment kube-state-metrics": {"everywhere"},
        "Deployment cortex-agent": {"everywhere"},
        "CronJob cortex-rotate": {"everywhere"},
        "CronJob cortex-verify": {"everywhere"},
        "Job cortex-verify-": {"everywhere"},
    }
    without = pull_secrets(full(cluster={"context": "c", "environment": "e"}, **parts))
    assert set().union(*without.values()) == set()


def test_verification_is_of_this_declaration() -> None:
    declaration = full()
    assert of("Job", build(declaration)).keys() == {f"cortex-system/cortex-verify-{declaration.digest()[:8]}"}
    assert not of("Job", build(full(verifier=None)))
