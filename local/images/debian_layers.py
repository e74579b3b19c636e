"""Layers from Debian packages, which mmdebstrap downloads from its default mirror."""

import re
import tarfile
from pathlib import Path
from typing import BinaryIO

from local.images import layer
from local.images.errors import ImageError
from local.images.layer_cache import Layer, LayerCache
from local.images.run_program import Run

SUITE = "bookworm"
PYTHON = (3, 11)
"""The version of python3 in the suite; wheels and compiled code must match it."""
_PACKAGES = ("ca-certificates", "python3", "usr-is-merged")
_NO_PERL = 'chroot "$1" apt-get --yes --purge remove usrmerge perl perl-modules-5.36'
"""Perl (45 MB) is only needed by usrmerge, and usr-is-merged satisfies the same dependency."""
_DROPPED = re.compile(
    r"^(dev/.|usr/share/(doc|doc-base|info|lintian|linda|locale|man|bug)/.|var/cache/.|var/lib/apt/lists/."
    r"|var/log/.|var/lib/dpkg/[^/]*-old$|etc/(hostname|resolv\.conf|machine-id)$|boot/.|tmp/.)"
)
"""Files that no container needs or that the runtime provides: documentation, caches, logs, devices, the host name."""


def python_root(cache: LayerCache, run: Run) -> Layer:
    """Return a layer with a minimal Debian, python3 and the certificate authorities."""

    def make(target: BinaryIO) -> None:
        with cache.work() as folder:
            archive = folder / "root.tar"
            include = f"--include={','.join(_PACKAGES)}"
            # If this is set, Python compiles to files that are checked by content instead of date.
            env = {"SOURCE_DATE_EPOCH": "0"}
            options = ["--variant=minbase", include, f"--customize-hook={_NO_PERL}"]
            run(["mmdebstrap", *options, SUITE, str(archive)], folder=folder, env=env)
            _copy(archive, target)

    return cache.layer("Debian with Python (half a minute)", ["python root", SUITE, _PACKAGES], make)


def pause(cache: LayerCache, run: Run) -> Layer:
    """Return a layer with /pause, which only waits and reaps: the static program catatonit of Debian."""

    def make(target: BinaryIO) -> None:
        with cache.work() as folder:
            archive = folder / "catatonit.tar"
            run(["mmdebstrap", "--variant=extract", "--include=catatonit", SUITE, str(archive)], folder=folder)
            with tarfile.open(archive) as packages:
                program = packages.extractfile("./usr/bin/catatonit")
                if program is None:
                    raise ImageError("Debian's package catatonit has no program: this is a bug in cortex, report it")
                layer.write([layer.Entry("pause", program.read(), layer.PROGRAM)], target)

    return cache.layer("pause", ["pause", SUITE], make)


def _copy(archive: Path, target: BinaryIO) -> None:
    """Copy a root file system in its order, since hard links follow their targets, without files that vary."""
    with (
        tarfile.open(archive) as source,
        tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as copy,
    ):
        for member in source:
            name = member.name.removeprefix("./")
            if name in ("", ".") or _DROPPED.match(name):
                continue
            member.name = name
            member.linkname = member.linkname.removeprefix("./") if member.islnk() else member.linkname
            content = source.extractfile(member) if member.isreg() else None
            copy.addfile(layer.plain(member), content)
