"""Fake programs and files from which images are built."""

import io
import json
import os
import struct
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from local.images import Image, ImageError, build

STATIC = b"\x7fELF\x02\x01".ljust(32, b"\0") + struct.pack("<QQIHHH", 64, 0, 0, 64, 56, 0) + b"\0" * 6


DYNAMIC = STATIC[:56] + struct.pack("<H", 1) + b"\0" * 6 + struct.pack("<I", 3).ljust(56, b"\0")


class Programs:
    """Replaces mmdebstrap, npm, Go and pip: creates files as they would, and records its calls."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, arguments: Sequence[str], *, folder: Path, env: Mapping[str, str] | None = None) -> None:
        program = Path(arguments[0]).name
        self.asked.append(program if program in ("mmdebstrap", "npm", "go") else arguments[2])
        if program == "mmdebstrap":
            debian_root(Path(arguments[-1]))
        elif "install" in arguments:
            site = Path(arguments[arguments.index("--target") + 1])
            lay(site, {"wheel/__init__.py": "", "wheel-1.dist-info/RECORD": "x", "bin/tool": f"#!{folder}"})
        elif program == "go":
            Path(arguments[arguments.index("-o") + 1]).write_bytes(STATIC)
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
