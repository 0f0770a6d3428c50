"""A strict reading of a page: balanced tags, unique ids, and whatever could make a browser load something."""

from html.parser import HTMLParser

_VOID = {"meta", "input", "br", "hr", "img", "link", "base", "source", "col", "wbr", "embed", "area", "track"}
_LOADING = {"script", "link", "img", "iframe", "object", "embed", "video", "audio", "source", "image", "base"}
_LOADING_ATTRIBUTES = {"src", "srcset", "data", "poster", "action", "formaction", "background", "ping"}


class Page(HTMLParser):
    """Reads a page and keeps what the tests ask for; a tag out of balance raises AssertionError at its line."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, attrs)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self._open or tag in _VOID, f"<{tag}/> outside a drawing, line {self.getpos()[0]}"
        self._element(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing, line {self.getpos()[0]}"
        assert self._open.pop() == tag, f"</{tag}> out of order, line {self.getpos()[0]}"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.loads += [word for word in ("url(", "@import", "@font-face", "image-set(") if word in data]
        else:
            self.text += data

    def _element(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        if tag in _LOADING:
            self.loads.append(tag)
        for name, value in attrs:
            content = value or ""
            if name == "id":
                self.ids.append(content)
            if name in ("aria-labelledby", "for") or (name == "href" and content.startswith("#")):
                self.references += content.removeprefix("#").split()
            elif name in ("href", "xlink:href") or name in _LOADING_ATTRIBUTES or name.startswith("on"):
                self.loads.append(f"{name}={content}")
            elif name == "style" and "url(" in content:
                self.loads.append(content)
