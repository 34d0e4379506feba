"""YAML text to a tree with file:line:column on every key and value."""
