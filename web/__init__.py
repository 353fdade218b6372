"""The program over HTTP: the console, what the provider sends, and whether it is well."""
