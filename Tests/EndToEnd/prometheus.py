"""A real Prometheus that scrapes gateways, and what it makes of dashboards and alerts."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from gateway import free_port

PROJECT = pathlib.Path(__file__).resolve().parents[2]
IS_HERE = bool(shutil.which("prometheus") and shutil.which("promtool"))


class Prometheus:
    """A server of its own with the project's alerts; scrapes four times a second."""

    def __init__(self, *gateways):
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="atalaya-prometheus-"))
        targets = [f"127.0.0.1:{gateway.management}" for gateway in gateways]
        settings = {
            "global": {"scrape_interval": "250ms", "scrape_timeout": "250ms", "evaluation_interval": "1s"},
            "rule_files": [str(PROJECT / "alerts/gateway.yaml")],
            "scrape_configs": [{"job_name": "gateways", "static_configs": [{"targets": targets}]}],
        }
        (self.folder / "prometheus.yml").write_text(json.dumps(settings))
        self.log = open(self.folder / "log", "w")
        command = ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data"]
        command.append(f"--web.listen-address=127.0.0.1:{self.port}")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)

    def ask(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # While it starts it says 503, and not in JSON.
            if error.code == 503:
                raise
            return json.load(error)

    def query(self, expression):
        """The series of an instant query; what Prometheus says where there is none."""
        answer = self.ask("query", query=expression)
        return answer["data"]["result"] if answer["status"] == "success" else answer["error"]

    def has(self, expression):
        """Whether there is a series already."""
        try:
            found = self.query(expression)
        except OSError:
            return False
        return isinstance(found, list) and bool(found)

    @property
    def said(self):
        """The lines of its log, where it warns of text that it cannot read well."""
        return (self.folder / "log").read_text().splitlines()

    def end(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()
        shutil.rmtree(self.folder)


class Dashboard:
    """One Grafana dashboard of the project."""

    def __init__(self, path):
        self.name = path.name
        self.content = json.loads(path.read_text())
        self.panels = [panel for panel in self.content["panels"] if panel["type"] != "row"]
        self.variables = self.content["templating"]["list"]

    @property
    def expressions(self):
        """Title and query of every target, with the variables filled in as Grafana does it."""
        for panel in self.panels:
            for target in panel["targets"]:
                yield panel["title"], filled_in(target["expr"])
        for annotation in self.content["annotations"]["list"]:
            yield annotation["name"], filled_in(annotation["expr"])


def filled_in(expression):
    values = {"$__rate_interval": "2s", "$queue_limit": "1", "$memory_limit": "1", "$top": "10"}
    values |= {name: ".*" for name in ("$job", "$instance", "$user_id", "$connection_id")}
    for variable, value in values.items():
        expression = expression.replace(variable, value)
    return expression


def dashboards():
    return [Dashboard(path) for path in sorted((PROJECT / "dashboards").glob("*.json"))]


def alerts():
    """Name and query of every alert, read from our own plain YAML."""
    text = (PROJECT / "alerts/gateway.yaml").read_text()
    for rule in re.split(r"\n *- alert: ", text)[1:]:
        name, rest = rule.split("\n", 1)
        block = re.match(r" *expr: (?:\|\n((?: {10,}.*\n)+)|(.*))", rest)
        yield name, (block.group(1) or block.group(2)).strip()


def declared():
    """The labels of every metric, from the page that is printed from the code."""
    page = (PROJECT / "docs/metrics.md").read_text()
    found = {}
    for name, kind, labels in re.findall(r"^\| `(\w+)` \| (\w+) \| \w* \| ([^|]*) \|", page, re.M):
        for suffix in ("_bucket", "_count", "_sum") if kind == "histogram" else ("",):
            found[name + suffix] = set(re.findall(r"`(\w+)`", labels))
    return found


OURS = re.compile(r"\b(?:atalaya|process)_[a-z_]+\b")
LABELS = re.compile(r'(\w+) *(?:=~|!~|!=|=) *"|\b(?:by|on|group_left) *\(([^)]*)\)')


def families_in(expression):
    return set(OURS.findall(re.sub(r'"[^"]*"', '""', expression)))


def labels_in(expression):
    found = set()
    for compared, listed in LABELS.findall(expression):
        found |= {compared} if compared else {label.strip() for label in listed.split(",")}
    return found
