"""The fenced blocks of this project's pages, so that tests run what readers copy."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def blocks(page, language):
    """All blocks of a language, in their order."""
    text = (ROOT / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
