"""Fenced blocks and tables of this project's pages, so that tests can run and check what readers see."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def blocks(page, language):
    """All blocks of a language, in their order."""
    text = (ROOT / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def table(page, heading, first):
    """The rows under a heading of the table whose head begins with `first`."""
    section = (ROOT / page).read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = section.split(f"\n| {first} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
