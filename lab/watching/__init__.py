"""The parts of `lab watch`: noticing saves and keys, the loop that grades, and the screen."""
