"""Your copy of the lab: fill the START/END blocks, then run `lab check`.

Generated from `solution/` by `lab skeleton`.
"""
