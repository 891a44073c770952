"""What a command says to someone who asked for the impossible."""


class CommandError(Exception):
    """Nothing was done, and why."""
