"""The `lab` command: thin, one file a command."""
