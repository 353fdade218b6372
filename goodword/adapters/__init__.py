"""Outside systems, one file each. They reach the network and never the database."""
