"""What the tests of the checks share."""

import pytest

from tests.conftest import Cluster


@pytest.fixture
def no_failed_run(stack: Cluster) -> None:
    """Forget verifications that failed: one on schedule may have met another test's drift, and stays until the next."""
    failed = ("jobs", "--field-selector=status.successful=0", "--cascade=foreground")
    stack.run("kubectl", "--namespace=cortex-system", "delete", *failed)
