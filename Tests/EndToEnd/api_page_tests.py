"""docs/api.md: what operators and programs may ask, each path with the answer of a real gateway."""

import asyncio
import json
import os
import pathlib
import re

from api_tests import Description
from client import TestCase

PAGE = pathlib.Path(__file__).parents[2] / "docs/api.md"
MARK = "<!-- Printed by scripts/docs from here on. -->\n"
# What is asked besides, and what is sent.
QUERIES = {("DELETE", "/api/v1/connections/{connectionId}"): "?code=4000&reason=try%20again%20tomorrow"}
BODIES = {("POST", "/api/v1/rooms/{room}/messages"): ("application/json", '{"text":"hello"}')}


def values(schema):
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if schema["type"] == "integer":
        return f"{schema['minimum']} to {schema['maximum']}"
    return "text"


def parameters(operation):
    if not operation["parameters"]:
        return []
    lines = ["| parameter | values | default | |", "| --- | --- | --- | --- |"]
    for one in operation["parameters"]:
        name = f"`{{{one['name']}}}`" if one["in"] == "path" else f"`?{one['name']}=`"
        default = one["schema"].get("default")
        lines.append(
            f"| {name} | {values(one['schema'])} | {'' if default is None else f'`{default}`'} | {one['description']} |"
        )
    return lines + [""]


def statuses(operation):
    lines = ["| status | |", "| --- | --- |"]
    for status, answer in operation["responses"].items():
        if status != "default":
            lines.append(f"| {status} | {answer['description']} |")
    return lines + [""]


def shown(answer):
    """The body as it is read: JSON with a member a line, text with its first lines."""
    if answer.headers["Content-Type"].partition(";")[0].endswith("json"):
        content = json.loads(answer.text)
        if "openapi" in content:
            content = {key: content[key] for key in ("openapi", "info")}
        return ["```json", *json.dumps(content, indent=2, ensure_ascii=False).splitlines(), "```", ""]
    lines = answer.text.splitlines()
    return ["```text", *lines[:8], *(["…"] if len(lines) > 8 else []), "```", ""]


class PageTests(TestCase):
    """Holds the page to the description, and writes it where it is asked to."""

    async def test_the_page_has_every_path_and_parameter_and_its_answers_are_as_described(self):
        gateway = self.gateway().ready()
        description = Description(gateway)
        if os.environ.get("ATALAYA_WRITE_DOCS"):
            kept = PAGE.read_text().partition(MARK)[0] if PAGE.exists() else ""
            printed = "\n".join(await self.printed(gateway, description)).rstrip("\n")
            PAGE.write_text(f"{kept}{MARK}\n{printed}\n")
        text = PAGE.read_text().partition(MARK)[2]
        sections = dict(re.findall(r"^## `(\w+ \S+)`\n(.*?)(?=^## |\Z)", text, re.M | re.S))
        self.assertEqual(set(sections), {f"{method} {path}" for method, path, _ in description.operations})
        for method, path, operation in description.operations:
            section = sections[f"{method} {path}"]
            with self.subTest(f"{method} {path}"):
                self.assertIn(operation["summary"], section)
                for line in parameters(operation) + statuses(operation):
                    self.assertIn(line, section)
                status = re.search(r"^Answered with (\d+):$", section, re.M)[1]
                example = re.search(r"^```json\n(.*?)^```$", section, re.M | re.S)
                if example and path != "/openapi.json":
                    contents = operation["responses"][status]["content"]
                    description.validate(contents["application/json"]["schema"], json.loads(example[1]))

    async def printed(self, gateway, description):
        alice = await self.native(gateway, "?user=alice")
        bob = await self.connect(gateway, "/ws?room=chat.lobby&user=bob")
        await alice.ask("subscribe", room="chat.lobby", id=1)
        for number in range(20):
            await alice.ask("publish", room="chat.lobby", data={"text": f"message {number}"}, echo=False, id=2)
        # Rates are over some seconds.
        await asyncio.sleep(11)
        names = {"{room}": "chat.lobby", "{connectionId}": alice.welcome["connectionId"], "{userId}": "bob"}
        order = {"GET": 0, "POST": 1, "DELETE": 2}
        operations = sorted(description.operations, key=lambda each: (each[1].startswith("/api"), each[1], order[each[0]]))
        answers = {}
        # What ends something comes last.
        for method, path, _ in sorted(operations, key=lambda each: (each[1] == "/api/v1/drain", order[each[0]])):
            asked = path
            for name, value in names.items():
                asked = asked.replace(name, value)
            asked += QUERIES.get((method, path), "")
            kind, body = BODIES.get((method, path), (None, None))
            headers = {"Content-Type": kind} if kind else {}
            command = "curl -s" + (f" -X {method}" if method != "GET" and not body else "")
            command += f" -H 'Content-Type: {kind}' -d '{body}'" if body else ""
            quoted = f"'localhost:9090{asked}'" if "?" in asked else f"localhost:9090{asked}"
            answers[method, path] = (f"{command} {quoted}", gateway.get(asked, method=method, headers=headers, body=body))
        lines = []
        for method, path, operation in operations:
            command, answer = answers[method, path]
            self.assertLess(answer.status, 300, f"{method} {path}: {answer.text}")
            lines += [f"## `{method} {path}`", "", operation["summary"], ""]
            if "security" in operation:
                lines += ["Needs no credentials.", ""]
            lines += parameters(operation) + statuses(operation)
            if "requestBody" in operation:
                lines += [operation["requestBody"]["description"], ""]
            lines += ["```sh", command, "```", "", f"Answered with {answer.status}:", ""] + shown(answer)
        return lines
