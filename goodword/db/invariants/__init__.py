"""What must hold of the data at any time, as queries that return whatever breaks it."""
