"""What can be wrong with a connection to a relay. None of these leaves the transports: there they become values."""


class Broken(Exception):
    """The connection is of no more use; `taken` octets of what was just being written had been handed on."""

    def __init__(self, words: str, taken: int = 0) -> None:
        super().__init__(words)
        self.taken = taken


class Garbled(Broken):
    """What the relay says is no SMTP, or no answer to what was asked: nothing that it says can be trusted."""


class HungUp(Broken):
    """The relay, or somebody on the way, has ended the connection."""


class Goodbye(Broken):
    """The relay said that it ends the connection (421)."""


class Trouble(Exception):
    """The relay cannot be used at all; each kind says in what way, and what the author can do."""

    what = ""
    remedy = ""


class Unreachable(Trouble):
    what = "cannot be reached"
    remedy = "Is a mail server running there? See [smtp] in newsletter.toml."


class NotServing(Trouble):
    what = "does not serve us"
    remedy = "Its words say why; try again later, or ask who runs it."


class Untrusted(Trouble):
    what = "cannot be trusted"
    remedy = "Give the host name that its certificate names, or mend the certificate. See [smtp] in newsletter.toml."


class NoTls(Trouble):
    what = "does not speak TLS here"
    remedy = 'Most relays want "tls" on port 465 and "starttls" on 587 and 25. See [smtp] in newsletter.toml.'


class NotOffered(Trouble):
    what = "does not offer what was asked for"
    remedy = "Correct security, username or auth. See [smtp] in newsletter.toml."


class NotLetIn(Trouble):
    what = "does not let us in"
    remedy = "Correct username and password. See [smtp] in newsletter.toml."


class InTheClear(Trouble):
    what = "would get our password over an unprotected connection"
    remedy = (
        'Set security = "starttls" or "tls". Where the network can be trusted, name the mechanism: auth = "plain".'
        " See [smtp] in newsletter.toml."
    )


class NoToken(Trouble):
    what = "wants a token that we do not have"
    remedy = "Have token_file written by whatever renews the token. See [smtp] in newsletter.toml."


class TakesNoMail(Trouble):
    what = "takes no mail now"
    remedy = "Try again later."
