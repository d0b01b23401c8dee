"""Where things are, and what the binary says about itself."""

import os
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BINARY = os.environ["ATALAYA"]


def run(*command, environment=None, **how):
    """Runs a command to its end and gives what it said."""
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=how.pop("timeout", 60),
        env=environment, **how,
    )


def version():
    return run(BINARY, "--version").stdout.split()[1]


def effective(path=None, environment=None):
    """Every key with its value, as `config check` prints them; a file that is wrong raises."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("auth.mode: anonymous\n")
        file.flush()
        checked = run(BINARY, "config", "check", "--config", path or file.name, environment=environment)
    if checked.returncode:
        raise AssertionError(checked.stderr)
    return dict(re.findall(r"^([a-zA-Z.]+): *(.*?) *#", checked.stdout, re.MULTILINE))


def seconds(text):
    """What a duration says, as the gateway, haproxy, nginx and systemd write it."""
    units = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "": 1}
    number, unit = re.fullmatch(r"(\d+) *(ms|s|min|m|h|)", text).groups()
    return int(number) * units[unit]


def snippets(page, language):
    """The fenced blocks of one language on a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
