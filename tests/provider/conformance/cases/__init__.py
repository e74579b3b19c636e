"""The behaviour of the official plugin, as cases.

The expectations are based on the documents and the source of the official plugin (its table of fields that force a
replacement, its rules for waiting and naming), not on our plugin. A resource that a case does not list in `change`
stays the same.
"""

import os

from tests.provider.conformance.cases.awaits import AWAITS
from tests.provider.conformance.cases.custom_kinds import CUSTOM_KINDS
from tests.provider.conformance.cases.drift import DRIFT
from tests.provider.conformance.cases.identity import IDENTITY
from tests.provider.conformance.cases.kinds import KINDS, OURS
from tests.provider.conformance.cases.settings import SETTINGS
from tests.provider.conformance.cases.values import VALUES

PLUGIN_VARIABLE = "CORTEX_TEST_PLUGIN"
"""Environment variable: the executable of another plugin than ours. `make conformance PLUGIN=FILE` sets it."""

CASES = [
    *KINDS,
    *CUSTOM_KINDS,
    *IDENTITY,
    *SETTINGS,
    *DRIFT,
    *VALUES,
    *AWAITS,
    *([] if os.environ.get(PLUGIN_VARIABLE) else OURS),
]
