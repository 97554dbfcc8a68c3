"""Scripts that generate the excerpts, tables and pictures of the docs.

Generated files are in folders named `generated`: texts that pages include in `docs/generated/`, and pictures in
`docs/<language>/generated/`, as the site publishes only files beside the pages. Their input is in `docs/build/data/`:
figures that the benchmarks measured, and the findings of an invented machine.

`make excerpts` generates everything that needs nothing but this project; `python -m docs.build.feedback` and the like
generate one part. Tests check that every generated file has a command that writes it, and that each text is up to date.
"""
