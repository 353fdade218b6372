"""Retry units: each task is transaction, network, transaction, and works on a chunk.

The truth is the database, so every task may be run again; none of their results is cached.
"""
