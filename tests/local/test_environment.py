"""The environment of a shell: programs, kubeconfig and Pulumi's folders."""

from pathlib import Path

from local import environment
from local.folders import Folder
from tests.local.programs import PROGRAMS


def test_the_shell_finds_our_programs_first_and_nothing_calls_home(folder: Folder, programs: dict[str, Path]) -> None:
    environment.prepare(folder, programs)
    variables = environment.variables(folder)
    assert variables["PATH"].split(":")[0] == str(folder.programs)
    assert {path.name for path in folder.programs.iterdir()} == set(PROGRAMS)
    assert variables["KUBECONFIG"] == str(folder.path / "kubeconfig")
    assert variables["PULUMI_SKIP_UPDATE_CHECK"] == variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert variables["PULUMI_BACKEND_URL"].startswith(f"file://{folder.path}")
