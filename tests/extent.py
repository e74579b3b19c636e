"""How much the tests try of what has no end: declarations, drifts and moments of an interrupt.

CORTEX_TEST_EXHAUSTIVE=1 makes them try all that there is time for in a night, and CORTEX_TEST_SEED draws others.
"""

import os

EXHAUSTIVE = "CORTEX_TEST_EXHAUSTIVE" in os.environ
SEED = int(os.environ.get("CORTEX_TEST_SEED", "1"))
