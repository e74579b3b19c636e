from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from provider.install import plugin_version, write_plugin
from provider.properties import Secret, decode, encode
from provider.server import KubernetesProvider
from provider.settings import Settings
from tests.provider.fakes import FakeApi, Lifecycle

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """Start the installed plugin as a process, and connect to it as the engine does."""
    folder = tmp_path_factory.mktemp("it's a folder")
    plugin = write_plugin(folder, Path(sys.executable))
    with subprocess.Popen([plugin, "127.0.0.1:1"], cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
        process.terminate()


def struct(**fields: Any) -> struct_pb2.Struct:
    return encode(fields)


def test_it_announces_what_it_supports(engine: provider_pb2_grpc.ResourceProviderStub) -> None:
    hello = engine.Handshake(pb.ProviderHandshakeRequest())
    assert (hello.accept_secrets, hello.accept_resources, hello.accept_outputs) == (True, False, False)
    assert engine.GetPluginInfo(empty_pb2.Empty()).version == plugin_version()
    assert plugin_version() in engine.GetSchema(pb.GetSchemaRequest()).schema
    configured = engine.Configure(pb.ConfigureRequest(args=struct(kubeconfig=UNKNOWN)))
    assert configured.supportsPreview
    assert configured.acceptSecrets
    assert configured.supports_autonaming_configuration


def test_unsupported_types_settings_and_calls_are_one_sentence(engine: provider_pb2_grpc.ResourceProviderStub) -> None:
    checked = engine.Check(pb.CheckRequest(type="kubernetes:helm.sh/v3:Release", news=struct()))
    assert "install the official plugin" in checked.failures[0].reason
    config = engine.CheckConfig(pb.CheckRequest(news=struct(renderYamlToDirectory="x")))
    assert [failure.property for failure in config.failures] == ["renderYamlToDirectory"]
    with pytest.raises(grpc.RpcError) as caught:
        engine.Invoke(pb.InvokeRequest(tok="kubernetes:yaml:decode"))
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "kubernetes:yaml:decode is not supported" in (caught.value.details() or "")
    with pytest.raises(grpc.RpcError, match=r"kubernetes:kustomize:Directory is not supported"):
        engine.Construct(pb.ConstructRequest(type="kubernetes:kustomize:Directory"))


def test_a_cluster_that_is_not_known_yet_can_be_previewed(engine: provider_pb2_grpc.ResourceProviderStub) -> None:
    engine.Configure(pb.ConfigureRequest(args=struct(kubeconfig=UNKNOWN)))
    news = struct(stringData={"pw": "x"}, metadata={"name": "a", "namespace": UNKNOWN})
    kind = "kubernetes:core/v1:Secret"
    inputs = engine.Check(pb.CheckRequest(type=kind, name="s", news=news)).inputs
    assert decode(inputs)["stringData"] == Secret({"pw": "x"})
    created = engine.Create(pb.CreateRequest(type=kind, properties=inputs, preview=True))
    assert decode(created.properties) == decode(inputs)
    changed = engine.Diff(pb.DiffRequest(type=kind, id="a", olds=inputs, old_inputs=struct(), news=inputs))
    assert changed.changes == pb.DiffResponse.DIFF_SOME
    assert "stringData" in changed.replaces
    assert changed.detailedDiff["stringData"].kind == pb.PropertyDiff.ADD_REPLACE
    with pytest.raises(grpc.RpcError) as caught:
        engine.Create(pb.CreateRequest(type=kind, properties=inputs))
    assert "not known yet" in (caught.value.details() or "")


def test_only_another_cluster_identifier_replaces_a_provider(engine: provider_pb2_grpc.ResourceProviderStub) -> None:
    old = struct(kubeconfig="a", clusterIdentifier="x")
    updated = engine.DiffConfig(pb.DiffRequest(old_inputs=old, news=struct(kubeconfig="b", clusterIdentifier="x")))
    assert (list(updated.diffs), list(updated.replaces)) == (["kubeconfig"], [])
    replaced = engine.DiffConfig(pb.DiffRequest(old_inputs=old, news=struct(kubeconfig="a", clusterIdentifier="y")))
    assert list(replaced.replaces) == ["clusterIdentifier"]


def test_another_cluster_in_the_kubeconfig_replaces_a_provider(
    engine: provider_pb2_grpc.ResourceProviderStub,
) -> None:
    def config(server: str, token: str) -> struct_pb2.Struct:
        content = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": token}}],
        }
        return struct(kubeconfig=json.dumps(content))

    def replaces(old: struct_pb2.Struct, new: struct_pb2.Struct) -> list[str]:
        return list(engine.DiffConfig(pb.DiffRequest(old_inputs=old, news=new)).replaces)

    assert replaces(config("https://a", "x"), config("https://a", "y")) == []
    assert replaces(config("https://a", "x"), config("https://b", "x")) == ["kubeconfig"]
    assert replaces(config("https://a", "x"), struct(kubeconfig=UNKNOWN)) == ["kubeconfig"]
    identified = config("https://b", "x")
    identified["clusterIdentifier"] = "new"
    assert replaces(config("https://a", "x"), identified) == ["kubeconfig"]
    assert replaces(config("https://b", "x"), identified) == []


@pytest.mark.parametrize(("limit", "size", "pages"), [(0, 0, [5]), (0, 2, [2, 2, 1]), (3, 2, [2, 1]), (2, 9, [2])])
def test_a_list_ends_at_its_limit_over_all_its_pages(limit: int, size: int, pages: list[int]) -> None:
    api = FakeApi()
    items = [{"metadata": {"name": name, "namespace": "ns"}} for name in "abcde"]
    api.lists["/api/v1/namespaces/ns/configmaps"] = items
    provider = KubernetesProvider()
    provider._writer = Lifecycle(api, Settings()).writer
    context, token, found = Mock(abort=Mock(side_effect=RuntimeError)), "", []
    for _ in pages:
        request = pb.ListRequest(
            token="kubernetes:core/v1:ConfigMap",
            query=struct(namespace="ns"),
            limit=limit,
            page_size=size,
            continuation_token=token,
        )
        answers = list(provider.List(request, context))
        found.append(len([answer.result.id for answer in answers if answer.HasField("result")]))
        token = answers[-1].continuation.continuation_token
    assert (found, token) == (pages, "")
    with pytest.raises(RuntimeError):
        provider.List(pb.ListRequest(token="kubernetes:core/v1:ConfigMap", continuation_token="x"), context)
    assert "not issued by this plugin" in context.abort.call_args.args[1]


def test_refusals_hide_secret_values(engine: provider_pb2_grpc.ResourceProviderStub) -> None:
    engine.Configure(pb.ConfigureRequest(args=struct(kubeconfig="/nowhere/at-all")))
    kind = "kubernetes:core/v1:ConfigMap"
    properties = struct(kind="ConfigMap", metadata={"name": "a"}, data={"a": Secret("at-all")})
    with pytest.raises(grpc.RpcError) as caught:
        engine.Create(pb.CreateRequest(type=kind, properties=properties))
    assert "kubeconfig cannot be used" in (caught.value.details() or "")
    assert "at-all" not in (caught.value.details() or "")
