"""Strategies for what many settings have: texts, numbers, images, destinations, resources."""

from typing import Any

from hypothesis import strategies as st

from stacks.model.destination import DnsPattern
from stacks.model.image import Image
from stacks.model.image_lock import is_untagged
from stacks.model.types import LARGEST, EnvName, FileKey
from tests.stacks.fitting import fitting

Drawn = st.SearchStrategy[dict[str, Any]]

# What YAML can carry: it has no control characters, in a stack file or in a server-side apply.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn"]) | st.sampled_from("\t\n"), max_size=40)
COUNTS = st.integers(1, 9) | st.integers(1, LARGEST)
SECONDS = st.integers(0, 90) | st.integers(0, LARGEST)
FILES = st.dictionaries(fitting(FileKey), TEXTS, max_size=3)
VARIABLES = st.dictionaries(fitting(EnvName, "E_"), TEXTS, min_size=1, max_size=3)
# One without tag and digest is completed by a lock file, which a declaration does not have.
IMAGES = fitting(Image).map(lambda image: f"{image}:1" if is_untagged(image) else image)
NETWORKS = st.ip_addresses(v=4).map("{}/32".format) | st.ip_addresses(v=6).map("{}/128".format)

# Names inside the cluster are refused.
DNS_NAMES = fitting(DnsPattern).filter(lambda name: not name.endswith((".svc", ".cluster.local")))
PORTS = {"ports": st.lists(st.integers(1, 65535), min_size=1, max_size=2)}
DESTINATIONS = st.lists(
    st.fixed_dictionaries({"cidrs": st.lists(NETWORKS, min_size=1, max_size=2), **PORTS})
    | st.fixed_dictionaries({"dnsNames": st.lists(DNS_NAMES, min_size=1, max_size=2), **PORTS}),
    max_size=2,
)


def compute(least: int, most: int) -> Drawn:
    """Draw thousandths of a core and MiB between two numbers, in each of Kubernetes' ways to write them."""
    cores = (lambda n: f"{n}m", lambda n: f"{n}000u", lambda n: f"{n}e-3", lambda n: n / 1000)
    memory = (lambda n: f"{n}Mi", lambda n: f"{n * 1024}Ki", lambda n: f"{n / 1024}Gi", lambda n: n << 20)
    numbers = st.integers(least, most)
    return st.fixed_dictionaries(
        {
            "cpu": st.builds(lambda n, write: write(n), numbers, st.sampled_from(cores)),
            "memory": st.builds(lambda n, write: write(n), numbers, st.sampled_from(memory)),
        }
    )


# Whatever runs in a namespace fits it: its smallest is below every request, its largest above every limit.
RESOURCES = st.fixed_dictionaries({}, optional={"requests": compute(100, 128), "limits": compute(500, 2000)})
