"""Templates are found where they should be, and an author who breaks one is told where and how to mend it."""

from pathlib import Path

import pytest
from jinja2 import Environment

from newsletter.errors import TemplateError
from newsletter.issues.templating import Templates, shipped


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    (folder / "email").mkdir(parents=True)
    return folder


def write(own: Path, text: str, name: str = "email/page.html") -> Templates:
    path = own / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return Templates(own)


def test_every_shipped_template_parses() -> None:
    """Proves that no template that we ship has a syntax error, even those that a test never renders."""
    files = [path for path in shipped().rglob("*") if path.is_file()]
    assert len(files) > 15
    for path in files:
        Environment(autoescape=True).parse(path.read_text(encoding="utf-8"), filename=str(path))


def test_a_site_replaces_one_template_and_keeps_the_others(own: Path) -> None:
    """Proves that the site's own template wins and that ours still serve where it has none."""
    templates = write(own, "Hello from the site", "email/goodbye/preheader.txt")
    assert templates.render("email/goodbye/preheader.txt") == "Hello from the site"
    assert "subscribed" in templates.render("email/welcome/preheader.txt")


def test_a_site_builds_on_the_template_that_it_replaces(own: Path) -> None:
    """Proves that `shipped/…` reaches our template from one of the same name."""
    templates = write(
        own, '{% include "shipped/email/goodbye/preheader.txt" %} Ahoy.', "email/goodbye/preheader.txt"
    )
    text = templates.render("email/goodbye/preheader.txt")
    assert text.startswith("Nothing more will come.")
    assert text.endswith("Ahoy.")


def test_a_site_needs_no_templates_of_its_own(tmp_path: Path) -> None:
    """Proves that a missing folder of own templates is no fault."""
    for templates in (Templates(None), Templates(tmp_path / "nowhere")):
        assert "subscribed" in templates.render("email/welcome/preheader.txt")


def test_html_is_escaped_and_text_is_not(own: Path) -> None:
    """Proves that a title with an ampersand is right in both parts of a mail."""
    write(own, "{{ title }}", "email/a.html")
    templates = write(own, "{{ title }}", "email/a.txt")
    assert templates.render("email/a.html", title="Salt & <light>") == "Salt &amp; &lt;light&gt;"
    assert templates.render("email/a.txt", title="Salt & <light>") == "Salt & <light>"


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("one\n{{ titel }}", 2, "'titel' is undefined", "is given: posts, title"),
        ("one\n\n{{ title.upper.nothing }}", 3, "has no attribute 'nothing'", "Correct the name"),
        ("{% if title %}\nnever closed", 2, "Unexpected end of template", "Mend the template"),
        ("one\n{{ title | nosuchfilter }}", 2, "No filter named 'nosuchfilter'", "Mend the template"),
        ("one\ntwo\n{{ 1 / 0 }}", 3, "ZeroDivisionError", "Mend the expression"),
    ],
)
def test_a_fault_is_named_with_file_and_line(
    own: Path, text: str, line: int, message: str, remedy: str
) -> None:
    """Proves that whatever is wrong in a template, the author learns the file, the line and what to do."""
    templates = write(own, text)
    with pytest.raises(TemplateError) as caught:
        templates.render("email/page.html", title="Tide Notes", posts=[])
    assert f"{own / 'email/page.html'}, line {line}" in caught.value.message
    assert message in caught.value.message
    assert remedy in caught.value.remedy


def test_a_fault_in_an_included_template_is_named_there(own: Path) -> None:
    """Proves that the place is the innermost template's, not the one that was asked for."""
    write(own, "one\ntwo\nthree {{ nothing }}", "email/inner.html")
    templates = write(own, '{% include "email/inner.html" %}')
    with pytest.raises(TemplateError, match=r"inner\.html, line 3: 'nothing' is undefined"):
        templates.render("email/page.html")


def test_a_missing_template_is_named_with_the_places_searched(own: Path) -> None:
    """Proves that the author learns which file is missing, who wanted it, and where it was looked for."""
    templates = write(own, 'one\n{% include "email/gone.html" %}')
    with pytest.raises(TemplateError) as caught:
        templates.render("email/page.html")
    for part in ("email/gone.html", f"{own / 'email/page.html'}, line 2", f"looked in {own} and {shipped()}"):
        assert part in caught.value.message


def test_a_template_in_another_encoding_is_refused(own: Path) -> None:
    """Proves that bytes that are not UTF-8 give a message with the template's name and a remedy."""
    (own / "email/page.html").write_bytes("Bréhat".encode("latin-1"))
    with pytest.raises(TemplateError, match=r"email/page\.html") as caught:
        Templates(own).render("email/page.html")
    assert "UTF-8" in caught.value.remedy


def test_a_template_that_includes_itself_ends_in_an_error(own: Path) -> None:
    """Proves that a circle of templates is a message and not a crash."""
    templates = write(own, '{% include "email/page.html" %}')
    with pytest.raises(TemplateError, match="RecursionError"):
        templates.render("email/page.html")
