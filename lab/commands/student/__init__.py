"""Commands for students: check, watch, hint, train, chat and those that show what happens inside."""
