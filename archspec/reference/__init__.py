"""The reference of what exists: a record of each form, from its class alone, and pages and texts made of records.

`entry` makes the record, `examples` finds what to show, `pages` writes docs/; `archspec doc` prints the same records.
"""
