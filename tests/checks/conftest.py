"""What the tests of the checks share."""

import pytest

from checks.connection import api_server
from tests.checks.patient import forgiving
from tests.conftest import Cluster


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgive a busy machine its latency: the server that answers shares a process with who asks."""
    monkeypatch.setattr(api_server, "_threshold", forgiving)


@pytest.fixture
def no_failed_run(stack: Cluster) -> None:
    """Forget verifications that failed: one on schedule may have met another test's drift, and stays until the next."""
    failed = ("jobs", "--field-selector=status.successful=0", "--cascade=foreground")
    stack.run("kubectl", "--namespace=cortex-system", "delete", *failed)
