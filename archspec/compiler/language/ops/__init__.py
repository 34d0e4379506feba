"""Every operation. A new one is a class in its family's file and a line of the conformance table."""
