"""The `lab` command, and what stands behind each of its subcommands."""
