"""A node tree to immutable records: Document, Block, Layer, Scope; and what `extends` lays over what."""
