"""Equal inputs give equal images, a change gives another, and failures are reported in one sentence."""

import errno
import hashlib
import io
import json
import os
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

from local.images import ImageError, build
from tests.local.images.fakes import Programs, built, described, lay, members

pytestmark = pytest.mark.usefixtures("npm")


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path, programs: dict[str, Path], source: Path) -> None:
    first = built(tmp_path / "one", programs, source)
    for path in source.rglob("*.py"):
        os.utime(path, (1, 1))
    second = built(tmp_path / "two", programs, source)
    assert {name: image.reference for name, image in first.items()} == {
        name: image.reference for name, image in second.items()
    }
    for name, image in first.items():
        assert image.archive.read_bytes() == second[name].archive.read_bytes()


def test_every_image_is_there_and_none_is_another(tmp_path: Path, programs: dict[str, Path], source: Path) -> None:
    images = built(tmp_path / "cache", programs, source)
    assert set(images) == {
        "pause",
        "coredns",
        "metrics-server",
        "kubernetes-mcp-server",
        "cortex",
        "mcp-server-time",
    }
    tags = [image.reference.rpartition(":")[2] for image in images.values()]
    assert len(set(tags)) == len(tags)


def test_layouts_are_valid(tmp_path: Path, programs: dict[str, Path], source: Path) -> None:
    for name, image in built(tmp_path / "cache", programs, source).items():
        files = members(image.archive)
        assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
        [entry] = json.loads(files["index.json"])["manifests"]
        assert entry["annotations"]["io.containerd.image.name"] == image.reference
        assert image.reference == f"cortex.local/{name}:{entry['digest'].removeprefix('sha256:')[:12]}"
        for descriptor, content in described(image):
            assert descriptor["digest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert descriptor["size"] == len(content)
        config, *layers = [content for _, content in described(image)][1:]
        settings = json.loads(config)
        assert settings["config"]["User"] == "65532:65532"
        assert settings["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in layers]


def test_changed_code_changes_the_tags_of_its_images_only(
    tmp_path: Path, programs: dict[str, Path], source: Path
) -> None:
    run = Programs()
    before = built(tmp_path / "cache", programs, source, run)
    asked = list(run.asked)
    lay(source, {"stacks/model/declaration.py": "A = 2\n"})
    after = built(tmp_path / "cache", programs, source, run)
    changed = {name for name, image in after.items() if image != before[name]}
    assert changed == {"cortex", "mcp-server-time"}
    assert run.asked[len(asked) :] == ["compileall"]


def test_a_changed_launch_program_is_built_again(tmp_path: Path, programs: dict[str, Path], source: Path) -> None:
    run = Programs()
    built(tmp_path / "cache", programs, source, run)
    assert run.asked.count("go") == 1
    lay(source, {"bridge/launch/run.go": "package main\n"})
    built(tmp_path / "cache", programs, source, run)
    assert run.asked.count("go") == 2


def test_nothing_is_made_twice(tmp_path: Path, programs: dict[str, Path], source: Path) -> None:
    first = built(tmp_path / "cache", programs, source)
    times = {image.archive: image.archive.stat().st_ino for image in first.values()}
    run = Programs()
    assert built(tmp_path / "cache", programs, source, run) == first
    assert run.asked == []
    assert {archive: archive.stat().st_ino for archive in times} == times


def test_old_archives_are_forgotten(tmp_path: Path, programs: dict[str, Path], source: Path) -> None:
    for value in range(4):
        lay(source, {"stacks/model/declaration.py": f"A = {value}\n"})
        last = built(tmp_path / "cache", programs, source)
    archives = sorted((tmp_path / "cache" / "archives").glob("cortex-*.tar"))
    assert len(archives) == 2
    assert last["cortex"].archive in archives


def test_what_an_image_holds(tmp_path: Path, programs: dict[str, Path], source: Path) -> None:
    images = built(tmp_path / "cache", programs, source)
    held: dict[str, tarfile.TarInfo] = {}
    for descriptor, content in described(images["mcp-server-time"]):
        if str(descriptor["mediaType"]).endswith("layer.v1.tar"):
            with tarfile.open(fileobj=io.BytesIO(content)) as tar:
                held |= {member.name: member for member in tar}
    files = {name for name, member in held.items() if not member.isdir()}
    metadata = f"opt/cortex/code/cortex_on_kubernetes-{version('cortex-on-kubernetes')}.dist-info"
    assert files == {
        "opt/cortex/code/bridge/__init__.py",
        "opt/cortex/code/checks/cli/main.py",
        f"{metadata}/METADATA",
        f"{metadata}/entry_points.txt",
        "opt/cortex/code/stacks/model/declaration.py",
        "opt/cortex/site/wheel/__init__.py",
        "opt/server/run",
        "opt/server/site/wheel/__init__.py",
        "usr/bin/catatonit",
        "usr/bin/sg",
        "usr/bin/su",
        "usr/local/bin/cortex",
        "usr/local/bin/cortex-launch",
    }
    assert {(member.uid, member.gid, member.mtime) for member in held.values()} == {(0, 0, 0)}
    assert held["usr/bin/su"].mode == 0o755
    assert held["usr/bin/sg"].linkname == "usr/bin/su"
    assert held["opt/server/run"].mode == 0o755


def test_what_an_interrupted_build_left_is_ignored_and_removed(
    tmp_path: Path, programs: dict[str, Path], source: Path
) -> None:
    cache = tmp_path / "cache"
    left = cache / "work" / "tmpabc"
    left.mkdir(parents=True)
    (left / "part").write_bytes(b"half")
    built(cache, programs, source)
    assert left.exists(), "it may belong to a build that is still running"
    os.utime(left, (1, 1))
    built(cache, programs, source)
    assert not left.exists()


def test_a_full_disk_while_building_is_told(tmp_path: Path, programs: dict[str, Path], source: Path) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ImageError, match="is full"):
        build(tmp_path / "cache", programs, source, lambda _: None, full)
    assert not list((tmp_path / "cache" / "archives").iterdir())
