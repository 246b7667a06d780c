"""The beginning: init and demo."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from newsletter.application import opening
from newsletter.cli import demonstration
from newsletter.cli.options import JsonOption
from newsletter.cli.screen import count, print_json, say


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = "Begin"
    app.command(rich_help_panel=group)(init)
    app.command(rich_help_panel=group)(demonstration.demo)


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to make the site.")],
    include_existing: Annotated[
        bool,
        typer.Option(
            "--include-existing",
            help="Treat the posts that are there now as new: the first issue sends them.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a new site: newsletter.toml, and posts/ with a first post.

    In the root of a Hugo, Jekyll, Zola, Pelican, Eleventy, Astro or Obsidian site, its own posts are used.
    """
    begun = opening.begin_site(directory, include_existing=include_existing)
    if as_json:
        print_json(
            {
                "directory": str(begun.directory),
                "generator": begun.generator,
                "posts": begun.posts,
                "baseline": begun.baseline,
            }
        )
        return
    say(
        f"[bold]{escape(str(begun.settings_file))}[/] is written: set title, from, url and postal_address in it."
    )
    found = f"{count(begun.posts, 'post')} found in {escape(str(begun.folder))} ({begun.generator})"
    if begun.baseline:
        say(
            f"{found}; they count as seen and are not sent. `newsletter send --include-existing` would send them."
        )
    else:
        say(f"{found}; the first issue sends them.")
    say(
        "",
        "Next:",
        f"  cd {escape(str(begun.directory))}",
        "  newsletter subscribers add you@example.com --confirmed --why 'it is me'",
        "  newsletter preview",
        "  newsletter send",
    )
