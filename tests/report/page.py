#!/usr/bin/env python3
"""Checks a report: page.py REPORT.html FIGURES. Well-formed, every name defined once, every reference to a
name that is there, nothing fetched from elsewhere, no script, and as many figures as there should be."""
import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "input", "hr", "wbr"}
FETCHING = {"src", "srcset", "data", "action", "poster", "background"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.references, self.wrong = [], [], [], []
        self.svgs = 0

    def handle_starttag(self, tag, attributes):
        self.look(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.look(tag, attributes)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"line {self.getpos()[0]}: </{tag}> closes nothing")

    def look(self, tag, attributes):
        self.svgs += tag == "svg"
        if tag in {"script", "iframe", "object", "embed", "link", "foreignobject", "base"}:
            self.wrong.append(f"<{tag}>")
        for name, value in attributes:
            value = value or ""
            if name == "id":
                self.ids.append(value)
            if name.startswith("on"):
                self.wrong.append(f"<{tag} {name}>")
            if name in FETCHING and not value.startswith("data:"):
                self.wrong.append(f"<{tag} {name}={value}>")
            if name in {"href", "xlink:href"}:
                if value.startswith("#"):
                    self.references.append(value[1:])
                elif not (tag == "image" and value.startswith("data:image/")):
                    self.wrong.append(f"<{tag} {name}={value}>")
            self.references += re.findall(r"url\(#([^)]*)\)", value)
            if re.search(r"url\((?!#)", value):
                self.wrong.append(f"<{tag} {name}={value}>")

    def handle_data(self, data):
        if self.open and self.open[-1] == "style" and re.search(r"url\(|@import", data):
            self.wrong.append("a style sheet that fetches")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    wrong = page.wrong + [f"<{tag}> is left open" for tag in page.open]
    twice = {name for name in page.ids if page.ids.count(name) > 1}
    wrong += [f"id '{name}' is there twice" for name in sorted(twice)]
    wrong += [f"'#{name}' is nowhere" for name in sorted(set(page.references) - set(page.ids))]
    if not text.startswith("<!DOCTYPE html>"):
        wrong.append("no <!DOCTYPE html>")
    if page.svgs != int(sys.argv[2]):
        wrong.append(f"{page.svgs} figures, expected {sys.argv[2]}")
    print("\n".join(wrong[:20]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
