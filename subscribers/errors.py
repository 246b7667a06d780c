"""The errors of the people's room: one root, and every message says what is wrong, where, and what to do."""


class SubscribersError(Exception):
    """Something about a subscription was refused; the message is written for the author."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


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
    """The database cannot be opened, read or written; `passing`: it may be in a moment, with nobody's help."""

    def __init__(self, message: str, *, remedy: str = "", passing: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.passing = passing
