"""The `goodword` command: parse, act, show. Nothing is decided here."""
