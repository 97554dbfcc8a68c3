"""What writes the excerpts, tables and pictures that the pages show.

All of it lies in folders named `generated`: texts that pages include under `docs/generated/`, pictures among the pages,
under `docs/<language>/generated/`, as the site publishes only what lies there. What it is made from and no module can
make lies in `docs/build/data/`: the figures that the benchmarks measured, and a machine made up by hand.

`make excerpts` writes what any machine can; `python -m docs.build.feedback` and the like one part. A test holds that
every generated file has a command that writes it, and others that each text is what comes out today.
"""
