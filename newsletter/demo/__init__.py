"""The demonstration: a newsletter that was made up, and a mail server on this machine that takes its mail."""
