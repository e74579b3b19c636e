"""The plugin refuses what the official one refuses, and does not change the objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.provider.conformance.cases.manifests import CORE, config, labelled
from tests.provider.conformance.conftest import in_namespace
from tests.provider.conformance.engine import Run, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.provider.conformance.conftest import Live

pytestmark = pytest.mark.live

_UP = ("up", "--yes", "--skip-preview")
_CONTESTED, _EXISTING = f"{CORE}/serviceaccounts/contested", f"{CORE}/serviceaccounts/existing"


@pytest.fixture(scope="module")
def refused(engine: Mapping[str, str], live: Live, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run one update in which every resource is refused for another reason."""
    stack = Stack(engine, tmp_path_factory.mktemp("refusals"), f"{live.namespace}-refusals")
    stack.declare(in_namespace([labelled("contested", "1"), config("protected", protect=True)], live))
    assert not stack.run(*_UP).failed
    live.patch(_CONTESTED, {"metadata": {"labels": {"a": "2"}}}, "someone")
    for name in ("existing", "importable"):
        body = {"metadata": {"name": name, "labels": {"a": "theirs"}}}
        live.create(f"{CORE}/serviceaccounts", body)
    imported = labelled("importable", "mine", import_="$NS/importable")
    stack.declare(
        in_namespace([labelled("contested", "3"), labelled("existing", "mine", resource="creating"), imported], live)
    )
    yield stack.run(*_UP, "--continue-on-error")
    stack.declare(in_namespace([config("protected", protect=False)], live))
    stack.run(*_UP)
    stack.run("destroy", "--yes", "--skip-preview")


def test_creating_never_adopts(refused: Run, live: Live) -> None:
    assert refused.failed
    assert "existing" in refused.messages["creating"]
    found = live.get(_EXISTING)
    assert found is not None
    assert found["metadata"]["labels"] == {"a": "theirs"}


def test_a_conflict_names_the_manager_and_is_not_forced(refused: Run, live: Live) -> None:
    assert '"someone"' in refused.messages["contested"]
    assert ".metadata.labels.a" in refused.messages["contested"]
    found = live.get(_CONTESTED)
    assert found is not None
    assert found["metadata"]["labels"] == {"a": "2"}


def test_an_import_is_brought_to_what_the_program_declares(refused: Run, live: Live) -> None:
    assert refused.operations["importable"] == ["import", "update"]
    found = live.get(f"{CORE}/serviceaccounts/importable")
    assert found is not None
    assert found["metadata"]["labels"] == {"a": "mine"}


def test_a_protected_object_stays(refused: Run, live: Live) -> None:
    assert "protected" in refused.output
    assert live.get(f"{CORE}/configmaps/protected")
