"""The cells of a table, as a mail needs them: a head says whether it belongs to its column or its row (WCAG H63)."""

from newsletter.content.text.markup import Start


class Table:
    """How far a table has been read."""

    def __init__(self) -> None:
        self._rows = 0
        self._cells = 0

    def row(self) -> None:
        """Begin a row."""
        self._rows += 1
        self._cells = 0

    def cell(self, start: Start) -> Start:
        """Return a cell with its scope and alignment, and nothing else of its style."""
        self._cells += 1
        given = start.attributes
        kept = {name: given[name] for name in ("lang", "dir", "colspan", "rowspan") if name in given}
        if start.tag == "th":
            of_column = self._rows <= 1 or self._cells > 1
            kept["scope"] = given.get("scope") or ("col" if of_column else "row")
        align = given.get("align", "").lower()
        named = f"text-align:{align}" if align in ("left", "center", "right") else ""
        if style := given.get("style") or named:
            kept["style"] = style
        return Start(start.tag, kept)
