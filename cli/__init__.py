"""The `goodword` command."""
