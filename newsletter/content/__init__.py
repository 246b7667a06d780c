"""From a content folder to posts, and from a post to what a mail shows of it.

`reader` conducts: `folder` finds the posts and what may be sent, `text` makes HTML and plain text of one of them.
"""
