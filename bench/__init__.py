"""Measures speed as ratios within one run; `python -m bench`. Machines are noisy, ratios less so."""
