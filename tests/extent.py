"""How many declarations, drifts and interrupts the tests try.

CORTEX_TEST_EXHAUSTIVE=1 makes them try many, which takes hours. CORTEX_TEST_SEED=NUMBER draws other ones.
"""

import os

EXHAUSTIVE = "CORTEX_TEST_EXHAUSTIVE" in os.environ
SEED = int(os.environ.get("CORTEX_TEST_SEED", "1"))
