"""One engine run for each phase, with all cases together; each case checks its part of the results."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from provider.errors import ApiError
from provider.install import PLUGIN, plugin_version
from provider.kubeconfig import connect
from provider.settings import Settings
from tests.provider.conformance.cases import CASES, PLUGIN_VARIABLE
from tests.provider.conformance.cases.model import NS, Case, Write
from tests.provider.conformance.engine import Resource, Run, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provider.api import Api
    from tests.conftest import Cluster


@dataclass
class Live:
    """Requests to the API server about the namespace of the run."""

    api: Api
    namespace: str

    def get(self, path: str) -> dict[str, Any] | None:
        try:
            return self.api.request("GET", f"/{self.named(path)}")
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def create(self, collection: str, body: Any) -> dict[str, Any]:
        query = {"fieldManager": "kubectl-create"}
        return self.api.request("POST", f"/{self.named(collection)}", query=query, body=self.named(body))

    def patch(self, path: str, body: Any, manager: str) -> dict[str, Any]:
        merge, query = "application/merge-patch+json", {"fieldManager": manager}
        return self.api.request("PATCH", f"/{self.named(path)}", query=query, body=body, content_type=merge)

    def delete(self, path: str) -> None:
        self.api.request("DELETE", f"/{self.named(path)}")

    def named(self, value: Any) -> Any:
        """Return `value` with NS replaced by the run's namespace."""
        return json.loads(json.dumps(value).replace(NS, self.namespace))


@pytest.fixture(scope="session")
def live(cluster: Cluster) -> Iterator[Live]:
    api, _ = connect(Settings(kubeconfig=str(cluster.kubeconfig)))
    namespace = f"conformance-{uuid.uuid4().hex[:6]}"
    api.request("POST", "/api/v1/namespaces", body={"metadata": {"name": namespace}})
    yield Live(api, namespace)
    api.request("DELETE", f"/api/v1/namespaces/{namespace}")


@pytest.fixture(scope="session")
def engine(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Return the environment of the engine, with our plugin or the one in PLUGIN_VARIABLE."""
    named = os.environ.get(PLUGIN_VARIABLE)
    if not named:
        return cluster.env
    home = tmp_path_factory.mktemp("home")
    plugin = home / "plugins" / f"resource-kubernetes-v{plugin_version()}" / PLUGIN
    plugin.parent.mkdir(parents=True)
    shutil.copy(named, plugin)
    return {**cluster.env, "PULUMI_HOME": str(home)}


@dataclass
class Story:
    """The results of all phases of all cases."""

    runs: dict[str, Run] = field(default_factory=dict)
    objects: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    left: list[str] = field(default_factory=list)


def in_namespace(resources: list[Resource], live: Live) -> list[Resource]:
    return [replace(r, arguments=live.named(r.arguments), options=live.named(r.options)) for r in resources]


def of_all(cases: Sequence[Case], version: str) -> list[Resource]:
    """Return the resources of all cases in their first or second version; shared resources once."""
    found: dict[str, Resource] = {}
    for case in cases:
        resources = case.first if version == "first" or case.second is None else case.second
        found |= {resource.name: resource for resource in resources}
    return list(found.values())


def settled(resources: list[Resource]) -> list[Resource]:
    """Return the resources after an import, without the option."""
    return [replace(r, options={k: v for k, v in r.options.items() if k != "import_"}) for r in resources]


@pytest.fixture(scope="session")
def story(
    request: pytest.FixtureRequest,
    engine: Mapping[str, str],
    live: Live,
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    """Run all phases once: create, nothing, change, nothing, drift, refresh, repair, destroy.

    Deselected cases are not in the program, because a case whose preview fails would make all others fail.
    """
    told = Story()
    stack = Stack(engine, tmp_path_factory.mktemp("stack"), live.namespace)
    specs = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    # Tests elsewhere have a parameter of this name, too.
    wanted = {id(spec.params["case"]) for spec in specs if "case" in spec.params}
    cases = [case for case in CASES if id(case) in wanted]
    for case in cases:
        for collection, body in case.existing:
            live.create(collection, body)

    def phase(name: str, *command: str, resources: list[Resource] | None = None) -> None:
        if resources is not None:
            stack.declare(in_namespace(resources, live))
        told.runs[name] = stack.run(*command)
        assert not told.runs[name].failed, f"{name}: {told.runs[name].output}"

    def write(writes: list[Write]) -> None:
        for one in writes:
            live.delete(one.path) if one.patch is None else live.patch(one.path, one.patch, one.manager)

    up = ("up", "--yes", "--skip-preview")
    first, second = of_all(cases, "first"), of_all(cases, "second")
    try:
        phase("planned create", "preview", resources=first)
        phase("create", *up)
        phase("nothing", "preview", resources=settled(first))
        write([write for case in cases for write in case.meanwhile])
        phase("planned change", "preview", resources=second)
        phase("change", *up)
        told.objects = {path: live.get(path) for case in cases if not case.drift for path in case.live}
        told.state = json.dumps(stack.state())
        write([write for case in cases for write in case.drift])
        phase("refresh", "refresh", "--yes", "--skip-preview")
        phase("repair", *up)
        phase("nothing at last", "preview")
        told.objects |= {path: live.get(path) for case in cases if case.drift for path in case.live}
    finally:
        phase("destroy", "destroy", "--yes", "--skip-preview")
    told.left = [path for path in told.objects if live.get(path)]
    return told


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found
