"""The cgroup of pods, with cgroup v1 and v2."""

from pathlib import Path

from local.node import cgroups


def test_cgroups_of_both_versions(tmp_path: Path) -> None:
    old, new = tmp_path / "v1", tmp_path / "v2"
    for hierarchy in ("memory", "cpuset"):
        (old / hierarchy).mkdir(parents=True)
        (old / hierarchy / "cgroup.procs").touch()
    new.mkdir()
    (new / "cgroup.controllers").write_text("cpu memory\n")
    for root in (old, new):
        cgroups.create("cortex-x", root)
    assert sorted(p.parent.name for p in old.glob("*/cortex-x")) == ["cpuset", "memory"]
    assert (new / "cortex-x").is_dir()
    assert (new / "cgroup.subtree_control").read_text() == "+cpu +memory"
    (new / "cortex-x" / "kubepods" / "pod1").mkdir(parents=True)
    for root in (old, new):
        cgroups.remove("cortex-x", root)
    assert list(old.glob("*/cortex-x")) == []
    assert not (new / "cortex-x").exists()
