"""Preflight: what would spoil a mail, found while the author writes, and before an issue is frozen."""
