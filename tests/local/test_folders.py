"""The folder of a cluster is not one that other commands have in the same place."""

from pathlib import Path

import pytest

from checks.bootstrap.state import State
from checks.kubeconfigs import places
from checks.rotation import folder as rotation
from local.errors import ClusterError
from local.folders import Folder, clusters


@pytest.mark.parametrize(
    "taken",
    [
        Path(places.store_folder()),
        Path(places.tokens_folder("stack")).parent,
        rotation.folder("stack").parent,
        State("cluster").folder.parent,
    ],
    ids=lambda taken: taken.name,
)
def test_the_folders_of_other_commands_are_no_clusters(taken: Path) -> None:
    assert taken.parent == clusters()
    with pytest.raises(ClusterError, match="choose another name for the cluster"):
        Folder.of(taken.name)
