"""Check Secrets and ConfigMaps without keeping a value: presence, age, and pods that use them."""
