"""A volume that somebody made by hand, of the storage class `by-hand`: the embedded cluster makes none itself."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import Cluster


@contextmanager
def by_hand(cluster: Cluster, name: str, folder: Path) -> Iterator[None]:
    """Give the cluster a volume in a folder, which is made, and which every user can write."""
    folder.mkdir()
    folder.chmod(0o777)
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "by-hand",
        "persistentVolumeReclaimPolicy": "Retain",
        "hostPath": {"path": str(folder)},
    }
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}
    cluster.run("kubectl", "apply", "-f", "-", given=json.dumps(volume))
    try:
        yield
    finally:
        cluster.run("kubectl", "delete", "--ignore-not-found", f"pv/{name}")
