"""A cluster's addresses and ports: free when chosen, and checked when used again."""

import socket
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from local import cluster_state, host
from local.cluster_state import ClusterState
from local.errors import ClusterError
from local.folders import Folder


def test_ranges_lie_in_the_network_and_apart() -> None:
    one = ClusterState("real", "10.91.0.0/16", {"api": 6443})
    assert one.server == "https://10.91.0.2:6443"
    assert (one.services, one.pods) == ("10.91.64.0/18", "10.91.128.0/17")
    assert one.service_address(1) == "10.91.64.1"
    link, services, pods = IPv4Network("10.91.0.0/30"), IPv4Network(one.services), IPv4Network(one.pods)
    assert not services.overlaps(pods)
    assert not link.overlaps(services)


def test_a_network_that_a_route_overlaps_is_not_chosen() -> None:
    taken = [IPv4Network("10.89.0.0/30"), IPv4Network("10.90.128.0/17"), IPv4Network("192.0.2.0/24")]
    assert cluster_state.free_network(taken) == IPv4Network("10.91.0.0/16")


def test_no_network_free() -> None:
    with pytest.raises(ClusterError, match=r"^no network is free from 10\.89\.0\.0/16 to 10\.127\.0\.0/16: delete"):
        cluster_state.free_network([IPv4Network("10.0.0.0/8")])


def test_a_network_that_a_stopped_cluster_keeps_is_not_chosen(tmp_path: Path) -> None:
    networks = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        networks.append(cluster_state.create(tmp_path / name / "cluster.json", "real").network)
    assert len(set(networks)) == 2


def test_a_saved_state_can_be_loaded(tmp_path: Path) -> None:
    made = cluster_state.create(tmp_path / "cluster.json", "kwok")
    assert cluster_state.load(tmp_path / "cluster.json") == made
    assert len(set(made.ports.values())) == len(made.ports)
    assert made.server == f"https://127.0.0.1:{made.ports['api']}"
    assert (tmp_path / "cluster.json").stat().st_mode & 0o777 == 0o600


def test_a_port_that_is_in_use_now(tmp_path: Path) -> None:
    made = cluster_state.create(tmp_path / "cluster.json", "kwok")
    cluster_state.check_free(made)
    with socket.socket() as other:
        other.bind(("127.0.0.1", made.ports["etcd"]))
        other.listen()
        with pytest.raises(ClusterError, match=rf"^port {made.ports['etcd']} \(etcd\) of the cluster is in use by"):
            cluster_state.check_free(made)


def test_a_missing_state_is_none_and_a_damaged_one_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "cluster.json"
    assert cluster_state.load(path) is None
    path.parent.mkdir()
    path.write_text('{"node": "real"}')
    with pytest.raises(ClusterError, match=r"is damaged .*`cortex local down --name mine --delete`"):
        cluster_state.load(path)


def test_clusters_of_one_name_and_two_users_share_nothing(tmp_path: Path) -> None:
    mine, theirs = Folder(tmp_path / "mine" / "local"), Folder(tmp_path / "theirs" / "local")
    assert mine.cgroup != theirs.cgroup
    assert host.interface(mine) != host.interface(theirs)
    assert len(host.interface(mine)) <= 15
