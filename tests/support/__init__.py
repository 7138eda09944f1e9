"""What the Python tests share. `dev` and `waiting` need the standard library alone."""
