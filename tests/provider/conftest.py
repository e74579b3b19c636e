from __future__ import annotations

import pytest

from provider.settings import Settings
from tests.provider.fakes import FakeApi, Lifecycle


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def lifecycle(api: FakeApi) -> Lifecycle:
    return Lifecycle(api, Settings())
