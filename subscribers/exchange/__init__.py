"""Readers that come from elsewhere or go there: files of ours and of other services."""
