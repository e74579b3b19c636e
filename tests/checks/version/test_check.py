"""An old version of Kubernetes is found."""

from checks.kube.models import Version
from checks.kube.reading import Read
from checks.snapshot.snapshot import Snapshot
from checks.version.check import CHECK
from tests.checks.world import declared


def test_an_old_version_is_found() -> None:
    (finding,) = CHECK.run(declared(), Snapshot(Read(Version(git_version="v1.29.1"), 0.1))).findings
    assert finding.code == "version.old"
