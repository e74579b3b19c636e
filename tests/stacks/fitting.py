"""A strategy for the model's types of text."""

import re
from functools import cache
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter


@cache
def fitting(kind: Any, prefix: str = "") -> st.SearchStrategy[str]:
    """Draw what one of the model's types of text allows: short texts of its pattern, and one as long as can be."""
    pattern = TypeAdapter(kind).json_schema()["pattern"]
    shorter = re.sub(r"\{(\d),(\d+)\}", lambda found: f"{{{found[1]},{min(int(found[2]), 4)}}}", pattern)
    short = st.from_regex(shorter, fullmatch=True).map(prefix.__add__)
    longest = (prefix + text for text in (*("a" * length for length in range(253, 0, -1)), "/a"))
    fits = [text for text in longest if re.fullmatch(pattern, text)]
    return short | st.just(fits[0]) if fits else short
