"""The folder of a cluster is not one that other commands have in the same place."""

import pytest

from checks.kubeconfigs import places
from local.errors import ClusterError
from local.folders import Folder, clusters


@pytest.mark.parametrize("taken", [places.store_folder(), places.tokens_folder("")])
def test_the_folders_of_the_store_are_no_clusters(taken: str) -> None:
    name = taken.rstrip("/").rpartition("/")[2]
    assert str(clusters() / name) == taken.rstrip("/")
    with pytest.raises(ClusterError, match="choose another name for the cluster"):
        Folder.of(name)
