"""The links that every reader has for themselves: what each is for, and where it leads. Pure.

A link is the site's but for the token at its end. The tokens' purposes are the links' places under the site's
URL, and no link does what another one is for.
"""

from newsletter.issues import merge

UNSUBSCRIBE, PREFERENCES, CONFIRM, GOODBYE = "unsubscribe", "preferences", "confirm", "goodbye"

#: The purpose of each link, by its merge field.
LINKS = {
    merge.UNSUBSCRIBE_URL: UNSUBSCRIBE,
    merge.PREFERENCES_URL: PREFERENCES,
    merge.CONFIRM_URL: CONFIRM,
    merge.RETURN_URL: GOODBYE,
}


def lead(text: str, url: str) -> str:
    """Put what all readers' links begin with before their merge fields, which then stand for the tokens alone."""
    cut = merge.split(text)
    cut[1::2] = [f"{url}/{LINKS[field]}/{field}" if field in LINKS else field for field in cut[1::2]]
    return "".join(cut)
