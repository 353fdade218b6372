"""The program over HTTP: what the provider sends, and whether it is well."""
