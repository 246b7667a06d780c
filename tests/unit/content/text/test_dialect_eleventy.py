"""Eleventy: Liquid and Nunjucks."""

from tests.dialects import kinds, translated


def test_the_image_shortcode_is_an_image() -> None:
    """As in eleventy-img's manual."""
    result = translated('{% image "./cat.jpg", "A cat", "(min-width: 30em) 50vw" %}', "eleventy")
    assert result.markdown == '<img src="./cat.jpg" alt="A cat">'
    assert result.problems == ()


def test_comments_of_nunjucks_and_liquid_vanish() -> None:
    """Neither is shown on the site."""
    assert (
        translated("a{# b #}c{% comment %}d{% endcomment %}e `{# f #}`", "eleventy").markdown
        == "ace `{# f #}`"
    )


def test_the_url_filter_is_known() -> None:
    """`{{ '/a' | url }}` is the documented way to write a link."""
    assert translated("[a]({{ '/b/' | url }})", "eleventy").markdown == "[a](/b/)"


def test_paired_shortcodes_keep_their_text() -> None:
    """What a shortcode does is known to JavaScript only."""
    result = translated("{% callout 'x' %}\nprose\n{% endcallout %}\n{{ collections.all }}", "eleventy")
    assert result.markdown.replace("\ufffc", "").split() == ["prose"]
    assert kinds(result) == [(1, "liquid"), (4, "liquid")]


def test_verbatim_is_raw() -> None:
    """Nunjucks has two names for it."""
    assert translated("{% verbatim %}{{ a }}{% endverbatim %}", "eleventy").markdown == "{{ a }}"
