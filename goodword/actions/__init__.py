"""Every way a row changes, one file a noun. They write through a transaction they are given."""
