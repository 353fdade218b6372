"""The database: data dictionary, the one place that commits, bulk moves, queries, invariants."""
