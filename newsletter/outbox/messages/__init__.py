"""A message for one reader: a frozen rendering encoded once, with the gaps filled for each, and signed."""
