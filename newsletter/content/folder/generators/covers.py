"""The picture of a post, under the names that generators and themes give it."""

from collections.abc import Mapping

from newsletter.content.folder import fields


def cover(own: Mapping[str, object]) -> str | None:
    """Return the cover image as written; None where there is none."""
    for name in ("images", "image", "cover", "heroimage", "featured_image", "thumbnail"):
        value = own.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, Mapping):
            value = next((value[key] for key in ("image", "path", "src", "url") if key in value), None)
        if isinstance(value, str) and value.strip() and fields.flag(value) is None:
            return value.strip()
    return None


def cover_alt(values: Mapping[str, object]) -> str:
    """Return what is said of the cover for those who do not see it."""
    for name in ("cover", "image", "heroimage"):
        if alt := fields.text(fields.section(values, name).get("alt")):
            return alt
    return fields.first_text(values, "image_alt", "cover_alt", "imagealt", "heroimagealt") or ""
