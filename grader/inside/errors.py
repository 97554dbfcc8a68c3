"""What may go wrong inside."""


class WireError(Exception):
    """A frame or a value that does not follow the format."""


class MissingError(Exception):
    """The submission has no such function."""
