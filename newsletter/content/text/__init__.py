"""From the text of a post to HTML and plain text that may stand in a mail. Pure, and knows nothing of folders.

`manuscript` conducts: `dialects` turn a generator's marks into Markdown, `markdown` parses it into the events of
`markup`, `fitting` makes them fit a mail, and `plaintext` writes them once more without HTML.
"""
