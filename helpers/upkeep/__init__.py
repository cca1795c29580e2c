"""Maintainers' commands: execute the notebooks, write the lock's twins, write the public address."""
