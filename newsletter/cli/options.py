"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

SiteOption = Annotated[
    Path | None,
    typer.Option(
        "--site",
        metavar="DIR",
        help="The site's directory. Without it, the nearest newsletter.toml upwards is used.",
        show_default=False,
    ),
]

NumberArgument = Annotated[int, typer.Argument(metavar="N", help="The issue's number.")]

JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print JSON on standard output, and nothing else there.", show_default=False),
]

CadenceOption = Annotated[
    str | None,
    typer.Option(
        "--cadence",
        metavar="C",
        help="Only for readers of this cadence. Without it, for every reader who has something unseen.",
        show_default=False,
    ),
]
