"""Files from outside: opened only if regular, read only as far as is allowed, known by how they begin."""
