"""Single connections and users, as operators look at them: on one instance, and over the whole fleet."""

import json
import re
import shutil
import signal
import unittest

import websockets

from client import TestCase
from redis import Redis


def ask(gateway, path):
    answer = gateway.get(path)
    assert answer.status == 200, f"{path}: {answer.status} {answer.text}"
    return json.loads(answer.text)


def values(text, name):
    """Each series of a family by its first label."""
    return {key: float(value) for key, value in re.findall(rf'^{name}{{\w+="([^"]*)".*}} (\S+)$', text, re.M)}


class InspectorTests(TestCase):
    async def test_counters_of_users_and_connections_add_up_to_the_totals(self):
        gateway = self.gateway("--set", "metrics.seriesBudget.users=2").ready()
        clients = [await self.connect(gateway, f"/ws?room=r&user=u{number}") for number in range(5)]
        for client in clients[:3]:
            await client.send("hello")
        for client in clients:
            for _ in range(3):
                await self.hear(client)
        await clients[4].close()
        await self.until(lambda: gateway.metric("atalaya_connections_active") == 4)
        text = gateway.get("/metrics").text
        for family, total in (("messages_received", 3), ("messages_sent", 15)):
            for scope in ("user", "connection"):
                shown = values(text, f"atalaya_{scope}_{family}_total")
                self.assertEqual(sum(shown.values()), total, shown)
                self.assertIn("_other", shown)
        self.assertEqual(len(values(text, "atalaya_user_messages_sent_total")), 3)
        # Who has left keeps the place for a while.
        shown = sum(values(text, "atalaya_user_connections").values())
        self.assertEqual(gateway.metric("atalaya_metrics_series_hidden", scope="user") + shown, 4)
        everyone = gateway.get("/metrics/users").text
        self.assertEqual(values(everyone, "atalaya_user_messages_sent_total"), {f"u{number}": 3 for number in range(4)})
        one = gateway.get("/metrics/connections?user=u2").text
        self.assertEqual(sum(values(one, "atalaya_connection_info").values()), 1)

    async def test_a_limit_shows_the_same_connection_in_every_family(self):
        gateway = self.gateway().ready()
        for user in ("alice", "bob", "carol"):
            await self.connect(gateway, f"/ws?room=r&user={user}")
        text = gateway.get("/metrics/connections?limit=1").text
        self.assertEqual(len(set(re.findall(r'connection_id="(\w+)"', text))), 1)

    async def test_a_name_of_the_gateways_own_is_never_invented(self):
        gateway = self.gateway().ready()
        with self.assertRaises(websockets.InvalidStatus) as refused:
            await self.connect(gateway, "/ws?room=r&user=_other")
        self.assertEqual(refused.exception.response.status_code, 400)

    async def test_what_is_wrong_with_a_question_is_named(self):
        gateway = self.gateway().ready()
        for path, parameter in {
            "/api/v1/connections?sort=bytesent": "sort",
            "/api/v1/connections?limit=0": "limit",
            "/api/v1/connections?protocol=x": "protocol",
            "/api/v1/connections?state=ajar": "state",
            "/api/v1/connections?room=_x": "room",
            "/api/v1/connections?user=": "user",
            "/api/v1/connections?cursor=abc": "cursor",
            "/api/v1/connections?colour=red": "colour",
            "/metrics/users?limit=-1": "limit",
            "/metrics/connections?connection=1": "connection",
        }.items():
            with self.subTest(path):
                answer = gateway.get(path)
                self.assertEqual((answer.status, answer.headers["Content-Type"]), (400, "application/problem+json"))
                self.assertEqual(json.loads(answer.text)["parameter"], parameter)
        for path in ("/api/v1/users/nobody", f"/api/v1/connections/{'0' * 26}", "/api/v1/users/nobody?scope=fleet"):
            self.assertEqual(gateway.get(path).status, 404, path)


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class FleetInspectorTests(TestCase):
    async def test_one_instance_tells_of_the_whole_fleet(self):
        redis = Redis().start()
        self.addCleanup(redis.end)
        here, there = (self.gateway("--redis-url", redis.url).ready() for _ in range(2))
        await self.until(lambda: here.peers.keys() == {there.instance} and there.peers.keys() == {here.instance})
        clients = [
            await self.native(gateway, f"?user={user}")
            for gateway, user in ((here, "alice"), (there, "alice"), (there, "bob"), (there, "carol"))
        ]
        ids = [client.welcome["connectionId"] for client in clients]
        self.assertEqual(len(ask(here, "/api/v1/connections")["connections"]), 1)
        seen, path = [], "/api/v1/connections?scope=fleet&limit=3"
        while path:
            page = ask(here, path)
            self.assertEqual((page["complete"], page["unanswered"]), (True, []))
            seen += [connection["connectionId"] for connection in page["connections"]]
            path = f"/api/v1/connections?scope=fleet&limit=3&cursor={page['cursor']}" if "cursor" in page else None
        self.assertEqual(seen, sorted(ids))
        alice = ask(here, "/api/v1/users/alice?scope=fleet")
        self.assertEqual((alice["connectionCount"], alice["complete"]), (2, True))
        self.assertEqual({each["instance"] for each in alice["connections"]}, {here.instance, there.instance})
        bob = ask(here, f"/api/v1/connections/{ids[2]}?scope=fleet")
        self.assertEqual((bob["userId"], bob["instance"], bob["slowAt"]), ("bob", there.instance, "none"))
        self.assertEqual(here.get(f"/api/v1/connections/{ids[2]}").status, 404)
        there.send(signal.SIGSTOP)
        self.addCleanup(there.send, signal.SIGCONT)
        page = ask(here, "/api/v1/connections?scope=fleet")
        self.assertEqual((page["complete"], page["unanswered"]), (False, [there.instance]))
        self.assertEqual(len(page["connections"]), 1)
        self.assertEqual(here.get(f"/api/v1/connections/{ids[2]}?scope=fleet").status, 504)
