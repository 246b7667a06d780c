"""Approving: an issue that waits for its author's word goes when they give it."""

from sqlalchemy import Connection, update

from newsletter.errors import NewsletterError
from newsletter.issues import freezing
from newsletter.issues.freezing import Issue
from newsletter.issues.tables import issues

#: The purpose of the token in the link that approves an issue: {url}/approve/TOKEN, its one number the issue's.
PURPOSE = "approve"


def approve(connection: Connection, number: int) -> Issue:
    """Let an issue go that is held; one that was approved before stays as it is. Raises NewsletterError."""
    held = update(issues).where(issues.c.number == number, issues.c.state == "held")
    connection.execute(held.values(state="open", reason=""))
    issue = freezing.get_issue(connection, number)
    if issue.state == "cancelled":
        raise NewsletterError(
            f"Issue {number} is cancelled, and that is for good.",
            remedy="Its posts come with the next issue, for everybody who did not get it.",
        )
    return issue
