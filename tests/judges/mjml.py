"""MJML: what its components make of the content of a mail of ours, as somebody would write it who knows them well.

It is not part of `.ci/run`: npm install --prefix "${XDG_CACHE_HOME:-$HOME/.cache}/newsletter-peers" mjml@5.4.1
"""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from newsletter.content.post import Manuscript
from newsletter.issues import merge
from newsletter.issues.rendering import Masthead, Rendering
from tests.judges import peers

_MAIL = """<mjml lang="{language}" dir="ltr">
<mj-head>
<mj-title>{subject}</mj-title>
<mj-preview>{preheader}</mj-preview>
<mj-attributes><mj-all font-family="Georgia, serif" /><mj-text font-size="18px" line-height="29px" color="#23282d" />
</mj-attributes>
<mj-style inline="inline">
a {{ color: #0b5c73 }} pre {{ white-space: pre-wrap; background-color: #f6f3ec; padding: 16px }}
code {{ font-family: Consolas, Menlo, monospace; font-size: 16px }} img {{ max-width: 100%; height: auto }}
td, th {{ padding: 6px 12px 6px 0; text-align: left }} blockquote {{ font-style: italic }}
</mj-style>
</mj-head>
<mj-body background-color="#f4f1ea">
<mj-section background-color="#fffdf9"><mj-column>
<mj-text font-size="36px" line-height="42px"><h1 style="margin:0;font-size:36px">{title}</h1></mj-text>
</mj-column></mj-section>
{posts}
<mj-section background-color="#fffdf9"><mj-column><mj-text font-size="15px" line-height="24px" color="#5c646c">
<p>You get this because you subscribed with {reader}.</p>
<p><a href="{preferences}">Change how often, and about what</a>, <a href="{unsubscribe}">Unsubscribe</a></p>
<p>{sender}, {address}</p></mj-text></mj-column></mj-section>
</mj-body></mjml>
"""

_POST = """<mj-section background-color="#fffdf9"><mj-column>
<mj-text><h2 style="margin:0;font-size:27px;line-height:34px"><a href="{url}">{title}</a></h2></mj-text>
{cover}<mj-text>{html}</mj-text>
<mj-button href="{url}" background-color="#0b5c73" color="#fdfbf6" font-size="18px">Read: {title}</mj-button>
</mj-column></mj-section>"""


def is_there() -> bool:
    return peers.has("mjml")


def remade(
    ours: Rendering, posts: Sequence[Manuscript], masthead: Masthead, folder: Path, *, full: bool
) -> Rendering:
    """Return a mail with the same subject, text and content, whose HTML is MJML's; `folder` is for its source."""
    source, made = folder / "mail.mjml", folder / "mail.html"
    source.write_text(_source(ours, posts, masthead, full=full), encoding="utf-8")
    peers.run("mjml", peers.MODULES / "mjml/bin/mjml", source, "-o", made)
    html = made.read_text("utf-8")
    return replace(ours, html=html, images=tuple(image for image in ours.images if image.cid in html))


def _source(ours: Rendering, posts: Sequence[Manuscript], masthead: Masthead, *, full: bool) -> str:
    return _MAIL.format(
        language=masthead.language,
        subject=escape(ours.subject),
        preheader=escape(ours.preheader),
        title=escape(masthead.title),
        posts="\n".join(_post(post, full=full) for post in posts),
        reader=merge.READER_EMAIL,
        preferences=merge.PREFERENCES_URL,
        unsubscribe=merge.UNSUBSCRIBE_URL,
        sender=escape(masthead.sender),
        address=escape(masthead.postal_address),
    )


def _post(post: Manuscript, *, full: bool) -> str:
    cover = ""
    if post.cover:
        cover = f'<mj-image src="{escape(post.cover.src)}" alt="{escape(post.cover.alt)}" width="550px" />\n'
    html = post.html if full else post.summary_html
    return _POST.format(
        url=escape(post.post.url or ""), title=escape(post.post.title), cover=cover, html=html
    )
