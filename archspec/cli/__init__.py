"""The commands, one module each; a command imports what it needs inside its own function."""
