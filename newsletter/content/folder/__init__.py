"""From a folder to posts: which files there are, what each says of itself, and what only all of them tell.

The way of a post, in the order of a scan: `generators` (whose folder is it?), `layout`, `walking`, `scanning` (with
`cache`), `reading` (with `frontmatter`, `fields` and `dates`), `assembling`. When its text is set, `lookup` tells
where its links and images lead.
"""
