"""The errors of the people's room; every message is written for the author."""


class SubscribersError(Exception):
    """Something about a subscription was refused."""


class InvalidAddress(SubscribersError):
    """This is not an address that mail can be sent to."""


class AlreadySubscribed(SubscribersError):
    """This address is in the roster already."""


class UnknownSubscriber(SubscribersError):
    """No subscription has this address."""


class Suppressed(SubscribersError):
    """This address must never be mailed."""


class BadToken(SubscribersError):
    """A token was not signed by us, or for another purpose."""


class DatabaseUnavailable(SubscribersError):
    """The database cannot be opened, read or written."""
