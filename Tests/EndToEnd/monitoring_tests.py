"""Dashboards and alerts: every name in them is one of ours, and a real Prometheus makes something of each query."""

import re
import signal
import subprocess
import unittest

from client import TestCase
from prometheus import IS_HERE, PROJECT, Prometheus, alerts, dashboards, declared, families_in, labels_in

# What Prometheus itself puts on every series, and the bounds of a histogram.
OUTER_LABELS = {"job", "instance", "le"}


def queries():
    for dashboard in dashboards():
        for title, expression in dashboard.expressions:
            yield f"{dashboard.name}, {title}", expression
    for name, expression in alerts():
        yield name, expression


class NameTests(TestCase):
    async def test_every_metric_and_label_is_one_of_ours(self):
        labels = declared()
        self.assertGreater(len(labels), 50)
        for place, expression in queries():
            with self.subTest(place):
                families = families_in(expression)
                self.assertTrue(families)
                self.assertEqual(families - set(labels), set(), "no such metric")
                known = set().union(OUTER_LABELS, *(labels[family] for family in families))
                self.assertEqual(labels_in(expression) - known, set(), "no such label")

    async def test_every_metric_has_its_panel(self):
        shown = set().union(*(families_in(query) for each in dashboards() for _, query in each.expressions))
        shown = {re.sub(r"_(bucket|count|sum)$", "", name) for name in shown}
        text = self.gateway().ready().get("/metrics").text
        families = set(re.findall(r"^# TYPE (\w+)", text, re.M))
        self.assertEqual(families - shown, set())
        self.assertEqual(families, {re.sub(r"_(bucket|count|sum)$", "", name) for name in declared()})

    async def test_panels_say_what_they_show(self):
        for dashboard in dashboards():
            names = {variable["name"] for variable in dashboard.variables}
            identities = [panel["id"] for panel in dashboard.content["panels"]]
            self.assertEqual(len(identities), len(set(identities)))
            for panel in dashboard.panels:
                with self.subTest(f"{dashboard.name}, {panel['title']}"):
                    self.assertTrue(panel["description"].endswith("."))
                    self.assertTrue(panel["fieldConfig"]["defaults"].get("unit") or panel["type"] == "table")
                    for target in panel["targets"]:
                        self.assertEqual(target["datasource"]["uid"], "${datasource}")
                        used = set(re.findall(r"\$(\w+)", target["expr"])) - {"__rate_interval"}
                        self.assertLessEqual(used, names)
                        legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                        self.assertLessEqual(legend, labels_in(target["expr"]) | {"instance"})

    async def test_the_runbooks_may_be_anywhere(self):
        script = PROJECT / "scripts/alerts"
        rules = (PROJECT / "alerts/gateway.yaml").read_text()
        base = re.search("^# runbooks: (.+)$", rules, re.M)[1]
        elsewhere = "https://wiki.example.com/a&b"
        printed = subprocess.run([script, elsewhere], capture_output=True, text=True, timeout=10)
        self.assertEqual((printed.returncode, printed.stdout), (0, rules.replace(base, elsewhere)))
        for wrong in (["docs/alerts.md"], ["https://a b"], ["https://a#b"], [elsewhere, elsewhere]):
            self.assertEqual(subprocess.run([script, *wrong], capture_output=True, timeout=10).returncode, 2)

    async def test_panels_that_the_runbooks_name_are_there(self):
        page = " ".join((PROJECT / "docs/alerts.md").read_text().split())
        named = set(re.findall(r"\*([A-Z][^*]*)\*", page)) - {"Status, Targets"}
        self.assertGreater(len(named), 10)
        titles = {panel["title"] for dashboard in dashboards() for panel in dashboard.panels}
        self.assertLessEqual(named, titles)

    async def test_every_alert_is_explained_and_tried(self):
        page = (PROJECT / "docs/alerts.md").read_text()
        tried = (PROJECT / "alerts/gateway_tests.yaml").read_text()
        rules = (PROJECT / "alerts/gateway.yaml").read_text()
        names = [name for name, _ in alerts()]
        self.assertEqual(re.findall(r"^## (\w+)$", page, re.M), names)
        base = re.search("^# runbooks: (https://.+)$", rules, re.M)[1]
        links = re.findall("runbook_url: (.+)$", rules, re.M)
        # A heading's anchor is its text in lower case.
        self.assertEqual(links, [f"{base}#{name.lower()}" for name in names])
        for name in names:
            self.assertIn(f"{{eval_time: 100m, alertname: {name}, exp_alerts: []}}", tried, "quiet where all is well")
            self.assertRegex(tried, rf"alertname: {name}\n +exp_alerts:\n +- exp_labels", "fires")


@unittest.skipUnless(IS_HERE, "prometheus is not installed")
class PrometheusTests(TestCase):
    def test_alerts_fire_when_they_should(self):
        for what, file in (("check", "gateway.yaml"), ("test", "gateway_tests.yaml")):
            done = subprocess.run(
                ["promtool", what, "rules", PROJECT / "alerts" / file], capture_output=True, text=True, timeout=60
            )
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    async def test_every_query_finds_something(self):
        gateway = self.gateway("--set", "heartbeat.interval=1s").ready()
        prometheus = Prometheus(gateway)
        self.addCleanup(prometheus.end)
        client = await self.native(gateway, "?user=alice")
        await client.ask("subscribe", room="r", id=1)
        plain = await self.connect(gateway, "/ws?room=r&user=bob")
        self.assertEqual(gateway.public("/ws").status, 426)
        await self.until(lambda: prometheus.has('up{job="gateways"} == 1'), "Prometheus does not scrape")
        await client.say("publish", room="r", data="x", id=2)
        await self.hear(plain)
        delivered = 'rate(atalaya_deliveries_total{protocol="plain",outcome="written"}[2s]) > 0'
        await self.until(lambda: prometheus.has(delivered), "no delivery arrives in Prometheus")
        measured = 'atalaya_connection_tcp_rtt_seconds and on (connection_id) atalaya_connection_ping_rtt_seconds'
        await self.until(lambda: prometheus.has(measured), "no connection was measured")
        text = gateway.get("/metrics").text
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=10)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))
        for dashboard in dashboards():
            for title, expression in dashboard.expressions:
                with self.subTest(f"{dashboard.name}, {title}"):
                    found = prometheus.query(expression)
                    self.assertIsInstance(found, list, f"{expression}: {found}")
                    # Panels of what should not happen are empty while it does not.
                    self.assertTrue(found or expression.endswith("> 0"), expression)
        self.assertEqual([line for line in prometheus.said if "level=warn" in line or "level=error" in line], [])
        # One evaluation may be older than the first scrape.
        await self.until(lambda: not self.troubled(prometheus), "an alert is wrong, or fires where all is well")

    async def test_a_killed_instance_is_noticed(self):
        killed, other = self.gateway().ready(), self.gateway().ready()
        prometheus = Prometheus(killed, other)
        self.addCleanup(prometheus.end)
        await self.until(lambda: prometheus.has("count(atalaya_build_info) == 2"), "Prometheus does not scrape")
        killed.stop(signal.SIGKILL)
        # It fires when it has been pending for two minutes.
        pending = f'ALERTS{{alertname="AtalayaInstanceDown",instance="127.0.0.1:{killed.management}"}}'
        await self.until(lambda: prometheus.has(pending), "nobody notices")
        self.assertEqual(prometheus.query('ALERTS{alertname!="AtalayaInstanceDown"}'), [])

    @staticmethod
    def troubled(prometheus):
        """The alerts that Prometheus cannot evaluate, has not evaluated, or that are about to fire."""
        rules = [rule for group in prometheus.ask("rules")["data"]["groups"] for rule in group["rules"]]
        return [rule for rule in rules if rule["health"] != "ok" or rule["alerts"]] if rules else ["no rules"]
