"""The languages in which we speak to readers, and their words."""
