"""The publisher: posts in a folder become issues, and issues become one personal mail a reader."""
