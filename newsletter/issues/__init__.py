"""From posts to an issue: what goes into it, and what it looks like."""
