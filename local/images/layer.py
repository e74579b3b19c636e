"""Reproducible layers: tar files that are identical for identical inputs.

They contain only paths, permissions and contents. All files belong to root, all dates are 0, and entries are sorted.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

FILE, PROGRAM, FOLDER = 0o644, 0o755, 0o755


@dataclass(frozen=True)
class Entry:
    """A file of a layer; folders need no entries. `path` is the path in the image, without a leading slash."""

    path: str
    content: bytes | Path
    mode: int = FILE


def tree(folder: Path, at: str) -> Iterator[Entry]:
    """Yield every file below a folder on disk, with a path below `at` in the image. Links are followed."""
    for path in folder.rglob("*"):
        if path.is_file():
            mode = PROGRAM if path.stat().st_mode & 0o100 else FILE
            yield Entry(f"{at}/{path.relative_to(folder).as_posix()}", path, mode)


def write(entries: Iterable[Entry], target: BinaryIO) -> None:
    """Write a layer with these files."""
    files = {entry.path: entry for entry in entries}
    folders = {str(parent) for path in files for parent in PurePosixPath(path).parents} - {"."}
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(files.keys() | folders):
            if path in folders:
                tar.addfile(_folder(path))
            else:
                _add(tar, files[path])


def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return the member without owner, date and set-user-id bit: no program may have more rights than its user."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode &= 0o1777
    member.pax_headers = {}
    return member


def _folder(path: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type = tarfile.DIRTYPE
    info.mode = FOLDER
    return info


def _add(tar: tarfile.TarFile, entry: Entry) -> None:
    info = tarfile.TarInfo(entry.path)
    info.mode = entry.mode
    if isinstance(entry.content, bytes):
        info.size = len(entry.content)
        tar.addfile(info, io.BytesIO(entry.content))
        return
    with entry.content.open("rb") as source:
        info.size = entry.content.stat().st_size
        tar.addfile(info, source)


def content_hash(entries: Iterable[Entry]) -> str:
    """Return a hash of paths, permissions and contents; the order does not matter."""
    whole = hashlib.sha256()
    for entry in sorted(entries, key=lambda entry: entry.path):
        content = entry.content if isinstance(entry.content, bytes) else entry.content.read_bytes()
        whole.update(f"{entry.path}\0{entry.mode:o}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()
