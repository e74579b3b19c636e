"""Write stored kubeconfigs out: encrypted as a backup, or as they are."""

from pathlib import Path

from checks import private_files
from checks.errors import UsageError
from checks.kubeconfigs import encryption, store


def sealed(stack: str) -> str:
    """Return the stored kubeconfig of a stack, encrypted to its recipients, or to the user's own keys.

    Raises:
        UsageError: it cannot be read, or the user has no key.
    """
    found = store.read(stack).kubeconfig
    return store.encoded(store.with_recipients(found, list(found.recipients))).decode()


def backup(stack: str, place: Path) -> Path:
    """Write the kubeconfig of a stack into a file, or into a folder, encrypted; an older backup is replaced.

    Return the file.

    Raises:
        UsageError: it cannot be read or written, or the file is not a backup.
    """
    file = place / f"{stack}.yaml" if place.is_dir() else place
    if file.exists() and not encryption.is_sealed(private_files.read(file, "the backup", private=False)):
        raise UsageError(f"{file} is not an encrypted kubeconfig, so it is not replaced: choose another file")
    private_files.replace(file, sealed(stack).encode())
    return file


def plain(stack: str, file: Path | None) -> str:
    """Return the stored kubeconfig of a stack as any program reads it, for a file if one is given.

    Raises:
        UsageError: it cannot be read, or the file would be in a git work tree.
    """
    if file is not None:
        private_files.require_no_work_tree(file, "the plain kubeconfig")
    return store.as_plain(store.read(stack).kubeconfig).text()
