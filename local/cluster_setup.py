"""The values from which the command lines of components are built."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.cluster_state import ClusterState
from local.files import write
from local.folders import Folder
from local.pki import Authority


@dataclass(frozen=True)
class ClusterSetup:
    """The folder, fixed properties, certificates and programs of a cluster."""

    folder: Folder
    state: ClusterState
    authority: Authority
    programs: Mapping[str, Path]

    def port(self, name: str) -> int:
        """Return the port of a component."""
        return self.state.ports[name]

    def program(self, name: str) -> str:
        """Return the path of a program."""
        return str(self.programs[name])

    def kubeconfig(self, client: str) -> str:
        """Write the kubeconfig of one of the authority's clients and return its path."""
        path = self.folder.config / f"{client}.kubeconfig"
        write(path, self.authority.kubeconfig(client, f"https://127.0.0.1:{self.port('api')}"))
        return str(path)

    def settings(self, name: str, content: Mapping[str, object]) -> str:
        """Write a component's configuration file as JSON, which is also YAML, and return its path."""
        path = self.folder.config / f"{name}.json"
        write(path, json.dumps(content, indent=2))
        return str(path)
