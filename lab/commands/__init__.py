"""The commands: options and sentences; the work is done in the rooms beside this one."""
