"""A message, opened again as a mail program would: for previews, and for whoever wants to look at what was sent."""

import email
import email.policy
import re
from base64 import b64encode
from dataclasses import dataclass
from email.message import EmailMessage


@dataclass(frozen=True, slots=True)
class Opened:
    """What a reader sees. Pictures that travel in the mail are data URLs in `html`, so that a browser shows them."""

    message: EmailMessage
    html: str
    text: str


def open_mail(data: bytes) -> Opened:
    """Take a message apart. Raises ValueError when it lacks HTML or text."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    html, text = (message.get_body((kind,)) for kind in ("html", "plain"))
    if html is None or text is None:
        raise ValueError("the message has not both HTML and text")
    shown = str(html.get_content())
    for part in message.walk():
        if cid := part.get("Content-ID"):
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes), "a picture is one part"
            picture = b64encode(content).decode()
            shown = shown.replace(
                f"cid:{cid.strip('<>')}", f"data:{part.get_content_type()};base64,{picture}"
            )
    words = str(text.get_content())
    if text.get_param("format") == "flowed":
        words = re.sub(r"^ ", "", words, flags=re.MULTILINE)  # RFC 3676, section 4.4
    return Opened(message, shown, words)
