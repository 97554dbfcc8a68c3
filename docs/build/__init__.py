"""The modules that write what the pages show: excerpts, tables and pictures."""
