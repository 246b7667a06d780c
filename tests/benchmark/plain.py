"""What most scripts do: a loop over smtplib that builds an EmailMessage for every reader.

`python -m tests.benchmark.plain PORT MESSAGES FOLDER`; the folder holds issue.txt and issue.html.
"""

import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path

from tests.benchmark.processes import reported


def main() -> None:
    """Send so many messages on one connection."""
    port, messages, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    text, html = ((folder / f"issue.{kind}").read_text(encoding="utf-8") for kind in ("txt", "html"))
    with reported(messages=messages), smtplib.SMTP("127.0.0.1", port) as relay:
        for number in range(1, messages + 1):
            relay.send_message(_message(number, text, html))


def _message(number: int, text: str, html: str) -> EmailMessage:
    link = f"https://news.example.com/unsubscribe/{number}"
    message = EmailMessage()
    message["From"] = "Tide Notes <news@example.com>"
    message["To"] = f"Reader {number} <reader{number}@example.org>"
    message["Subject"] = "The tide"
    message["List-Unsubscribe"] = f"<{link}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text.replace("UNSUBSCRIBE", link))
    message.add_alternative(html.replace("UNSUBSCRIBE", link), subtype="html")
    return message


main()
