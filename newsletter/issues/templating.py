"""Find and fill the templates: the site's own first, then the ones that we ship."""

from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplatesNotFound,
    TemplateSyntaxError,
    UndefinedError,
    select_autoescape,
)

import newsletter
from newsletter.errors import TemplateError
from newsletter.issues import merge, speaking, wording
from newsletter.languages import day


def shipped() -> Path:
    """Return the folder of our own templates: inside the package in a wheel, beside it in a checkout.

    The top of site-packages is anybody's, so the second place counts only in a checkout.
    """
    package = Path(newsletter.__file__).resolve().parent
    inside, beside = package / "templates", package.parent / "templates"
    return beside if not inside.is_dir() and (package.parent / "pyproject.toml").is_file() else inside


class Templates:
    """The templates of one site. `own` is the site's folder of them, which may hold any, all or none.

    One that replaces one of ours can still build on it: `{% extends "shipped/email/issue/body.html" %}`.
    """

    def __init__(self, own: Path | None = None) -> None:
        ours = shipped()
        self._folders = [ours] if own is None else [own, ours]
        folders = FileSystemLoader(self._folders)
        self._environment = Environment(
            loader=ChoiceLoader([folders, PrefixLoader({"shipped": FileSystemLoader(ours)})]),
            undefined=StrictUndefined,
            autoescape=select_autoescape(["html"]),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "day": speaking.write_day,
            "day_in": day,
            "listed": speaking.write_list,
            "minutes": wording.minutes,
            "shorten": wording.shorten,
            "textwrap": wording.wrap,
            "cadence": wording.cadence,
        }
        self._environment.globals |= {"_": speaking.say, "ngettext": speaking.say_number}
        self._environment.globals |= {
            "unsubscribe_url": merge.UNSUBSCRIBE_URL,
            "preferences_url": merge.PREFERENCES_URL,
            "confirm_url": merge.CONFIRM_URL,
            "return_url": merge.RETURN_URL,
            "reader_name": merge.READER_NAME,
            "reader_email": merge.READER_EMAIL,
        }

    def render(self, name: str, **facts: object) -> str:
        """Fill the template called `name`, such as `email/issue/body.html`, with `facts`.

        Raises TemplateError, naming file and line, if it is missing, does not parse, uses a name that it was
        not given, or fails in any other way.
        """
        try:
            return self._environment.get_template(name).render(
                {speaking.SPOKEN: speaking.language_of(facts), **facts}
            )
        except TemplateSyntaxError as error:
            raise self._syntax(error, name) from error
        except TemplateNotFound as error:
            raise self._missing(error) from error
        except UndefinedError as error:
            raise self._undefined(error, name, facts) from error
        except (OSError, UnicodeDecodeError) as error:
            raise TemplateError(
                f"The template {name} cannot be read: {error}.", remedy="Make it a readable file in UTF-8."
            ) from error
        except Exception as error:  # templates are the author's own code and may raise anything
            raise TemplateError(
                f"{self._place(error.__traceback__, name)}: {type(error).__name__}: {error}.",
                remedy="Mend the expression on that line.",
            ) from error

    def _syntax(self, error: TemplateSyntaxError, name: str) -> TemplateError:
        place = f"{error.filename or name}, line {error.lineno}"
        return TemplateError(
            f"{place}: {error.message}", remedy="Mend the template there; Jinja2 could not read on."
        )

    def _missing(self, error: TemplateNotFound) -> TemplateError:
        names = error.templates if isinstance(error, TemplatesNotFound) else [error.name]
        wanted = " or ".join(str(name) for name in names)
        searched = " and ".join(str(folder) for folder in self._folders)
        where = self._place(error.__traceback__, "")
        asked = f" ({where} asks for it)" if where else ""
        return TemplateError(
            f"There is no template {wanted}{asked}; looked in {searched}.",
            remedy="Write it into the site's templates folder, or correct the name.",
        )

    def _undefined(self, error: UndefinedError, name: str, facts: dict[str, Any]) -> TemplateError:
        given = ", ".join(sorted(facts))
        return TemplateError(
            f"{self._place(error.__traceback__, name)}: {error.message}.",
            remedy=f"Correct the name. This template is given: {given}." if given else "Correct the name.",
        )

    def _place(self, traceback: TracebackType | None, name: str) -> str:
        """Return file and line of the innermost template in a traceback; Jinja2 writes them into it."""
        place = name
        for frame, line in walk_tb(traceback):
            file = Path(frame.f_code.co_filename)
            if any(file.is_relative_to(folder) for folder in self._folders):
                place = f"{file}, line {line}"
        return place
