"""From posts to a queued issue: what would be in it, what it looks like, and making it."""

from newsletter.publishing.beginning import starting_number
from newsletter.publishing.making import Published, Skipped, Terms, publish
from newsletter.publishing.planning import (
    NO_READER,
    Plan,
    foremost,
    plan_issue,
    preview_plan,
    sample_plan,
    segment_of,
    verdicts,
    why_empty,
)
from newsletter.publishing.printing import (
    folder_problems,
    mail_faults,
    masthead_of,
    refuse_faults,
    render_plan,
    render_selection,
)

__all__ = [
    "NO_READER",
    "Plan",
    "Published",
    "Skipped",
    "Terms",
    "folder_problems",
    "foremost",
    "mail_faults",
    "masthead_of",
    "plan_issue",
    "preview_plan",
    "publish",
    "refuse_faults",
    "render_plan",
    "render_selection",
    "sample_plan",
    "segment_of",
    "starting_number",
    "verdicts",
    "why_empty",
]
