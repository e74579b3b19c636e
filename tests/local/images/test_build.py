"""Images: equal inputs give equal images, a change gives another, and failures are reported in one sentence."""

import errno
import hashlib
import io
import json
import os
import struct
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import distribution, distributions, version
from pathlib import Path

import pytest

from local.images import Image, ImageError, binary_layers, build
from local.images.debian_layers import python_root
from local.images.errors import disk_errors
from local.images.layer import PROGRAM, Entry, tree, write
from local.images.layer_cache import Layer, LayerCache
from local.images.oci_layout import Recipe, assemble
from local.images.python_layers import code, metadata, wheels
from local.images.run_program import run

STATIC = b"\x7fELF\x02\x01".ljust(32, b"\0") + struct.pack("<QQIHHH", 64, 0, 0, 64, 56, 0) + b"\0" * 6
DYNAMIC = STATIC[:56] + struct.pack("<H", 1) + b"\0" * 6 + struct.pack("<I", 3).ljust(56, b"\0")


class Programs:
    """Replaces mmdebstrap, npm and pip: creates files as they would, and records its calls."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, arguments: Sequence[str], *, folder: Path, env: Mapping[str, str] | None = None) -> None:
        program = Path(arguments[0]).name
        self.asked.append(program if program in ("mmdebstrap", "npm") else arguments[2])
        if program == "mmdebstrap":
            debian_root(Path(arguments[-1]))
        elif "install" in arguments:
            site = Path(arguments[arguments.index("--target") + 1])
            lay(site, {"wheel/__init__.py": "", "wheel-1.dist-info/RECORD": "x", "bin/tool": f"#!{folder}"})
        elif program == "npm":
            raise ImageError("npm is not asked in this test")


def debian_root(target: Path) -> None:
    with tarfile.open(target, "w") as tar:
        for name, content in {
            "./etc/hostname": b"builder",
            "./usr/bin/catatonit": STATIC,
            "./usr/bin/su": b"su",
            "./usr/share/doc/su/copyright": b"text",
            "./var/log/dpkg.log": b"now",
        }.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.mtime = len(content), 0o4755, os.getpid(), 12345
            tar.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("./usr/bin/sg")
        link.type, link.linkname = tarfile.LNKTYPE, "./usr/bin/su"
        tar.addfile(link)


def lay(folder: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    lay(
        root,
        {
            "bridge/__init__.py": "",
            "bridge/requirements.txt": "wheel==1",
            "bridge/servers/time/requirements.txt": "wheel==2",
            "checks/cli/main.py": "def main(): ...\n",
            "stacks/model/declaration.py": "A = 1\n",
            "stacks/__pycache__/model.pyc": "stale",
            "stacks/.editor.swp": "secret",
        },
    )
    return root


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, Path]:
    found = {"coredns": tmp_path / "coredns", "metrics-server": tmp_path / "metrics-server"}
    for path in found.values():
        path.write_bytes(STATIC)
    return found


@pytest.fixture(autouse=True)
def npm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the npm package, which test_binary_layers.py tests."""

    def fake(cache: LayerCache, _: object) -> Layer:
        return cache.layer("npm", "npm", lambda part: write([Entry("kubernetes-mcp-server", STATIC, PROGRAM)], part))

    monkeypatch.setattr(binary_layers, "kubernetes_mcp_server", fake)


def built(cache: Path, given: Mapping[str, Path], source: Path, run: Programs | None = None) -> dict[str, Image]:
    return build(cache, given, source, lambda _: None, run or Programs())


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}  # type: ignore[union-attr]


def described(image: Image) -> Iterator[tuple[dict[str, object], bytes]]:
    """Yield every descriptor of an image with its blob."""
    files = members(image.archive)
    [manifest] = json.loads(files["index.json"])["manifests"]
    content = files[blob(manifest)]
    yield manifest, content
    for descriptor in [json.loads(content)["config"], *json.loads(content)["layers"]]:
        yield descriptor, files[blob(descriptor)]


def blob(descriptor: Mapping[str, object]) -> str:
    return "blobs/sha256/" + str(descriptor["digest"]).removeprefix("sha256:")


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
        "opt/cortex/code/checks/cli.py",
        f"{metadata}/METADATA",
        f"{metadata}/entry_points.txt",
        "opt/cortex/code/stacks/model.py",
        "opt/cortex/site/wheel/__init__.py",
        "opt/server/run",
        "opt/server/site/wheel/__init__.py",
        "usr/bin/catatonit",
        "usr/bin/sg",
        "usr/bin/su",
        "usr/local/bin/cortex",
    }
    assert {(member.uid, member.gid, member.mtime) for member in held.values()} == {(0, 0, 0)}
    assert held["usr/bin/su"].mode == 0o755
    assert held["usr/bin/sg"].linkname == "usr/bin/su"
    assert held["opt/server/run"].mode == 0o755


def test_a_layer_is_sorted_and_keeps_permissions(tmp_path: Path) -> None:
    lay(tmp_path / "tree", {"b/two": "2", "a/one": "1"})
    (tmp_path / "tree" / "b" / "two").chmod(0o700)
    written = io.BytesIO()
    write([Entry("z", b"0"), *tree(tmp_path / "tree", "opt")], written)
    with tarfile.open(fileobj=io.BytesIO(written.getvalue())) as tar:
        found = [(member.name, member.mode) for member in tar]
    assert found == [
        ("opt", 0o755),
        ("opt/a", 0o755),
        ("opt/a/one", 0o644),
        ("opt/b", 0o755),
        ("opt/b/two", 0o755),
        ("z", 0o644),
    ]


def test_a_half_built_layer_is_never_used(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path)

    def half(part: io.RawIOBase) -> None:
        part.write(b"half")
        raise ImageError("interrupted")

    with pytest.raises(ImageError, match="interrupted"):
        cache.layer("one", "inputs", half)  # type: ignore[arg-type]
    assert not list(tmp_path.rglob("*.tar"))
    whole = cache.layer("one", "inputs", lambda part: write([Entry("a", b"whole")], part))
    assert b"whole" in whole.path.read_bytes()
    assert hashlib.sha256(whole.path.read_bytes()).hexdigest() == whole.digest


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


def test_two_images_of_one_layer_are_two(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path)
    layer = cache.layer("one", "same", lambda part: write([Entry("a", STATIC)], part))
    one, two = (assemble(Recipe(name, [layer], ["/a"]), cache) for name in ("one", "two"))
    assert one.reference.rpartition(":")[2] != two.reference.rpartition(":")[2]


def test_real_compiled_code_is_the_same_each_time(tmp_path: Path, source: Path) -> None:
    lay(source, {"stacks/model/declaration.py": "NAMES = {'a', 'b', 'c'}\ndef has(n): return n in {'x', 'y', 'zed'}\n"})
    digests = {
        code(source, ["stacks"], "opt/code", [], LayerCache(tmp_path / name), run).digest
        for name in ("one", "two", "three")
    }
    assert len(digests) == 1


def test_an_image_knows_the_version_and_the_entry_points_that_it_can_load(tmp_path: Path) -> None:
    for entry in metadata(distribution("cortex-on-kubernetes"), ["checks"], "code"):
        assert isinstance(entry.content, bytes)
        lay(tmp_path, {entry.path: entry.content.decode()})
    [found] = distributions(path=[str(tmp_path / "code")])
    assert (found.name, found.version) == ("cortex-on-kubernetes", version("cortex-on-kubernetes"))
    assert {point.module.partition(".")[0] for point in found.entry_points} == {"checks"}
    assert [point.value for point in found.entry_points.select(name="cortex")] == ["checks.cli:main"]


def test_a_missing_program_is_one_sentence(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError) as caught:
        python_root(LayerCache(tmp_path / "cache"), run)
    told = str(caught.value)
    assert told == ("mmdebstrap is missing, and images are built with it: install it (apt-get install mmdebstrap)")


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("echo working; echo 'E: no such suite' >&2; echo 'I: removing tempdir'; exit 25", "E: no such suite"),
        ("echo 'npm error 404 Not Found'; echo 'npm error A complete log of'; exit 25", "npm error 404 Not Found"),
        ("echo last words; exit 25", "last words"),
        ("exit 25", "it printed nothing"),
    ],
)
def test_a_failing_program_tells_its_cause(tmp_path: Path, script: str, cause: str) -> None:
    with pytest.raises(ImageError) as caught:
        run(["sh", "-c", script], folder=tmp_path)
    assert str(caught.value) == f"sh failed with code 25: {cause}"


def test_what_pip_refuses_is_told(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("no requirement at all\n", encoding="utf-8")
    with pytest.raises(ImageError, match=r"^pip failed with code 1: ERROR: Invalid requirement"):
        wheels(lock, "opt/site", [], LayerCache(tmp_path / "cache"), run)


@pytest.mark.parametrize(
    ("number", "told"), [(errno.ENOSPC, "is full: free some space"), (errno.EACCES, "Permission denied")]
)
def test_disk_errors_are_one_sentence(tmp_path: Path, number: int, told: str) -> None:
    with pytest.raises(ImageError, match=told), disk_errors(tmp_path):
        raise OSError(number, os.strerror(number))


def test_a_full_disk_while_building_is_told(tmp_path: Path, programs: dict[str, Path], source: Path) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ImageError, match="is full"):
        build(tmp_path / "cache", programs, source, lambda _: None, full)
    assert not list((tmp_path / "cache" / "archives").iterdir())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "run `cortex local tools`"),
        (b"#!/bin/sh\n", "not a 64-bit Linux program"),
        (DYNAMIC, "not static"),
    ],
)
def test_only_static_programs_make_images(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "coredns"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImageError, match=told):
        binary_layers.program("coredns", path, LayerCache(tmp_path / "cache"))
