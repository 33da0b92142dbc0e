"""What can go wrong, said so that the person at the keyboard can mend it.

Every message says where, what was found, what is accepted, and what to try.
"""


class CleanerError(Exception):
    """The root of all errors that cleaner raises on purpose."""


class RuleFileError(CleanerError):
    """A rule file that cannot be used: ``path``, the rule's id and the key at fault are in the message."""


class ConfigError(CleanerError):
    """A setting, an option or a configuration file that makes no sense."""


class InputError(CleanerError):
    """A document or an input file that cannot be read. The rest of the batch goes on."""


class OutputError(CleanerError):
    """The output folder cannot be used, or could not be written to the end."""


class ModelError(CleanerError):
    """The weights of a model are missing or damaged. Cleaning goes on without what they would have found."""


class StateError(CleanerError):
    """What is kept from batch to batch cannot be used, or could not be written to the end."""
