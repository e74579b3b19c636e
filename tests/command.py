"""The `cortex` command, as `preloaded` runs it."""

from checks.start import main

if __name__ == "__main__":
    main()
