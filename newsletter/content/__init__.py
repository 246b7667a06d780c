"""From a content folder to posts: what is there, what may be sent, and what is wrong with it."""
