"""The settings of a stack as they are written: in its file, in files that it extends, as defaults, and in presets."""
