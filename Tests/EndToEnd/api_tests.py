"""The management interface: what it says of itself is true, and what it does reaches the whole fleet."""

import asyncio
import datetime
import json
import shutil
import signal
import unittest

import jsonschema
import openapi_spec_validator
import referencing

from client import TestCase
from redis import Redis

SECRET = {"environment": {"ATALAYA_CLUSTER_SECRET": "between instances"}}


class Description:
    """`/openapi.json`, as whoever generates a client reads it."""

    def __init__(self, gateway):
        self.document = json.loads(gateway.get("/openapi.json").text)
        for schema in self.document["components"]["schemas"].values():
            # A member that is not described is a fault of the description.
            schema["additionalProperties"] = False
        resource = referencing.Resource.from_contents(
            self.document, default_specification=referencing.jsonschema.DRAFT202012
        )
        self.registry = referencing.Registry().with_resource("urn:openapi", resource)

    @property
    def operations(self):
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def check(self, method, path, answer):
        """Says what an answer has that the description does not, and the other way round."""
        operation = self.document["paths"][path][method.lower()]
        contents = operation["responses"][str(answer.status)]["content"]
        kind = answer.headers["Content-Type"].partition(";")[0]
        schema = contents[kind]["schema"]
        content = json.loads(answer.text) if kind.endswith("json") else answer.text
        self.validate(schema, content)
        return content

    def validate(self, schema, content):
        where = {"$ref": f"urn:openapi{schema['$ref']}"} if "$ref" in schema else schema
        checker = jsonschema.FormatChecker()
        jsonschema.Draft202012Validator(where, registry=self.registry, format_checker=checker).validate(content)


class DescriptionTests(TestCase):
    def test_it_is_valid_and_needs_no_credentials(self):
        gateway = self.gateway("--set", "management.token=t").ready()
        answer = gateway.get("/openapi.json")
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        openapi_spec_validator.validate(json.loads(answer.text))

    async def test_each_path_demands_credentials_as_it_says(self):
        gateway = self.gateway("--set", "management.token=t").ready()
        for method, path, operation in Description(gateway).operations:
            with self.subTest(f"{method} {path}"):
                asked = path.replace("{connectionId}", "0" * 26).replace("{", "").replace("}", "")
                status = gateway.get(asked, method=method).status
                self.assertEqual(status == 401, operation.get("security") != [])

    async def test_answers_are_as_described(self):
        gateway = self.gateway().ready()
        description = Description(gateway)
        alice, bob = await self.native(gateway, "?user=alice"), await self.connect(gateway, "/ws?room=a/b&user=bob")
        await alice.ask("subscribe", room="a/b", id=1)
        everywhere = {
            ("GET", "/livez"): ["", "?verbose"],
            ("GET", "/readyz"): [""],
            ("GET", "/startupz"): [""],
            ("GET", "/metrics"): [""],
            ("GET", "/metrics/connections"): ["", "?user=bob", "?limit=1", "?room=_"],
            ("GET", "/metrics/users"): ["", "?room=a%2Fb", "?limit=x"],
            ("GET", "/api/v1/connections"): [
                "", "?sort=bytesSent&limit=1", "?scope=fleet", "?state=closed", "?protocol=plan", "?cursor=x",
            ],
            ("GET", "/api/v1/connections/{connectionId}"): ["", "?scope=fleet", "?x=1"],
            ("GET", "/api/v1/users/{userId}"): ["", "?scope=fleet"],
            ("GET", "/openapi.json"): [""],
            ("GET", "/api/v1/rooms"): ["", "?limit=1", "?scope=fleet", "?sort=x"],
            ("GET", "/api/v1/rooms/{room}"): ["", "?limit=1", "?scope=fleet", "?cursor=x"],
            ("POST", "/api/v1/rooms/{room}/messages"): ["", "?x=1"],
            ("DELETE", "/api/v1/connections/{connectionId}"): ["?code=4000", "?code=1005", ""],
            ("DELETE", "/api/v1/users/{userId}/connections"): ["?reason=enough", "?reason=", ""],
            ("POST", "/api/v1/drain"): ["", "?wait=1"],
        }
        values = {"{room}": "a%2Fb", "{connectionId}": alice.welcome["connectionId"], "{userId}": "bob"}
        for method, path, _ in description.operations:
            self.assertIn((method, path), everywhere, "a new path needs its line here")
        for (method, path), queries in everywhere.items():
            asked = path
            for name, value in values.items():
                asked = asked.replace(name, value)
            for query in queries:
                for accept in ("*/*", "application/json"):
                    with self.subTest(f"{method} {path}{query}, {accept}"):
                        answer = gateway.get(asked + query, method=method, headers={"Accept": accept})
                        description.check(method, path, answer)


class ParameterTests(TestCase):
    def test_what_is_wrong_is_named(self):
        gateway = self.gateway().ready()
        path = f"/api/v1/connections/{'0' * 26}"
        for asked, detail in {
            "?code=1005": 'code is "1005", but must be a close code that may be sent: 1000 to 1003, 1007 to 1014, or 3000 to 4999',
            "?code=4000&code=4000": "code is given more than once; give it once",
            "?cod=4000": '"cod" is no parameter here; did you mean code?',
            "?reason=" + "x" * 124: f'reason is "{"x" * 100}…", but must be a text of 1 to 123 bytes',
        }.items():
            answer = gateway.get(path + asked, method="DELETE")
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (400, "application/problem+json"))
            problem = json.loads(answer.text)
            self.assertEqual(problem["detail"], detail)
            self.assertEqual(problem["parameter"], asked[1:].partition("=")[0])
        for id in ("x", "0" * 25, "0" * 25 + "U"):
            self.assertEqual(gateway.get(f"/api/v1/connections/{id}", method="DELETE").status, 400)
        self.assertEqual(gateway.get(path, method="DELETE").status, 404)
        self.assertEqual(gateway.get(path, method="PUT").status, 405)


class PublishTests(TestCase):
    def publish(self, gateway, body, kind=None, room="r", **headers):
        if kind:
            headers["Content-Type"] = kind
        return gateway.get(f"/api/v1/rooms/{room}/messages", method="POST", body=body, headers=headers)

    async def test_a_message_arrives_in_every_protocol_as_what_it_is(self):
        gateway = self.gateway().ready()
        native, plain = await self.native(gateway), await self.connect(gateway, "/ws?room=r")
        await native.ask("subscribe", room="r", id=1)
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        for body, kind, data, text in (
            (b'{ "a" : 1 }', "application/json", {"a": 1}, '{ "a" : 1 }'),
            (b'"hi"', "application/json", "hi", "hi"),
            (b'"hi"', "text/plain", '"hi"', '"hi"'),
            (b"[1]", None, [1], "[1]"),
            ("é".encode(), None, "é", "é"),
            (b"\xff", None, {"base64": "/w=="}, b"\xff"),
            (b"ab", "application/octet-stream", {"base64": "YWI="}, b"ab"),
        ):
            answer = self.publish(gateway, body, kind, traceparent=trace)
            self.assertEqual(answer.status, 200, answer.text)
            message = await native.hear()
            self.assertEqual(json.loads(answer.text), {"id": message["id"]})
            self.assertEqual((message["data"], message["room"]), (data, "r"))
            self.assertNotIn("from", message)
            self.assertEqual(message["traceparent"][:36], trace[:36])
            self.assertEqual(await self.hear(plain), text)
        self.assertEqual(self.publish(gateway, b"x", room="nobody.is.here").status, 200)
        self.assertEqual(gateway.metric("atalaya_messages_received_total"), 0)
        self.assertEqual(gateway.metric("atalaya_broker_published_total"), 8)
        await self.until(lambda: gateway.metric("atalaya_deliveries_total", outcome="written") == 14)
        self.assert_conserved(gateway)

    async def test_what_is_wrong_is_refused(self):
        gateway = self.gateway("--set", "limits.messageBytes=10").ready()
        for status, answer in (
            (400, self.publish(gateway, b"{", "application/json")),
            (400, self.publish(gateway, b"\xff", "text/plain")),
            (415, self.publish(gateway, b"a", "text/plain; charset=latin1")),
            (400, self.publish(gateway, b"a", "nonsense")),
            (400, self.publish(gateway, b"a", room="_inner")),
            (400, self.publish(gateway, b"a", room="a%20b")),
            (400, gateway.get("/api/v1/rooms/r/messages?echo=false", method="POST", body=b"a")),
            (413, self.publish(gateway, b"12345678901")),
            (200, self.publish(gateway, b"1234567890")),
        ):
            self.assertEqual(answer.status, status, answer.text)
            if status != 200:
                self.assertEqual(json.loads(answer.text)["status"], status)

    async def test_a_broker_that_is_away_is_named(self):
        gateway = self.gateway("--redis-url", "redis://127.0.0.1:1", "--set", "broker.patience=200ms").ready()
        answer = self.publish(gateway, b"x")
        problem = json.loads(answer.text)
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "1"))
        self.assertEqual(len(problem["messageId"]), 26)
        self.assertIn("the broker did not confirm the message; it may not have been delivered: ", problem["detail"])


def rooms(gateway, query=""):
    answer = gateway.get("/api/v1/rooms" + query)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


class RoomTests(TestCase):
    async def test_rooms_are_listed_with_their_members_and_rates(self):
        gateway = self.gateway("--set", "engine.loops=2").ready()
        self.assertEqual(rooms(gateway), {"rooms": []})
        natives = [await self.native(gateway) for _ in range(5)]
        for native in natives:
            for name in ("chat.big", "chat.small", "other") if native is natives[0] else ("chat.big",):
                await native.ask("subscribe", room=name, id=1)
        await self.connect(gateway, "/ws?room=chat.big&room=chat.small")
        for _ in range(30):
            await natives[0].ask("publish", room="chat.small", data="123", echo=False, id=2)
        listed = rooms(gateway)["rooms"]
        self.assertEqual(
            [(room["room"], room["members"], room["membersByProtocol"]) for room in listed],
            [
                ("chat.big", 6, {"native": 5, "plain": 1}),
                ("chat.small", 2, {"native": 1, "plain": 1}),
                ("other", 1, {"native": 1}),
            ],
        )
        self.assertEqual({room["instance"] for room in listed}, {gateway.instance})
        by_rate = rooms(gateway, "?sort=messagesPerSecond&limit=1")
        self.assertEqual(by_rate["rooms"][0]["room"], "chat.small")
        self.assertGreater(by_rate["rooms"][0]["messagesPerSecond"], 1)
        self.assertAlmostEqual(
            by_rate["rooms"][0]["bytesPerSecond"], 5 * by_rate["rooms"][0]["messagesPerSecond"], delta=0.1
        )
        names = []
        query = "?sort=room&limit=1"
        while query:
            page = rooms(gateway, query)
            names += [room["room"] for room in page["rooms"]]
            query = f"?sort=room&limit=1&cursor={page['cursor']}" if "cursor" in page else None
        self.assertEqual(names, ["chat.big", "chat.small", "other"])
        self.assertEqual([room["room"] for room in rooms(gateway, "?room=chat.s")["rooms"]], ["chat.small"])
        self.assertEqual(gateway.get("/api/v1/rooms?sort=room&limit=1&cursor=" + by_rate["cursor"]).status, 400)

    async def test_a_room_has_its_members_page_by_page(self):
        gateway = self.gateway("--set", "engine.loops=2").ready()
        self.assertEqual(gateway.get("/api/v1/rooms/r").status, 404)
        natives = [await self.native(gateway, f"?user=u{number}") for number in range(7)]
        for native in natives:
            await native.ask("subscribe", room="r", id=1)
        seen, query = [], "?limit=3"
        while query:
            page = json.loads(gateway.get("/api/v1/rooms/r" + query).text)
            self.assertEqual((page["room"], page["members"]), ("r", 7))
            seen += page["connections"]
            query = f"?limit=3&cursor={page['cursor']}" if "cursor" in page else None
        self.assertEqual(
            sorted((native.welcome["connectionId"], native.welcome["userId"]) for native in natives),
            [(member["connectionId"], member["userId"]) for member in seen],
        )
        for member in seen:
            since = datetime.datetime.fromisoformat(member["since"])
            self.assertLess(abs(datetime.datetime.now(datetime.UTC) - since), datetime.timedelta(seconds=60))

    async def test_thousands_of_rooms_hold_no_loop(self):
        gateway = self.gateway("--set", "limits.subscriptions=20000").ready()
        native = await self.native(gateway)
        for number in range(20000):
            await native.say("subscribe", room=f"r{number}")
        await native.ask("ping")
        self.assertEqual(gateway.metric("atalaya_rooms_active"), 20000)
        seen, query = set(), "?sort=room&limit=1000"
        while query:
            page = await asyncio.to_thread(rooms, gateway, query)
            seen.update(room["room"] for room in page["rooms"])
            query = f"?sort=room&limit=1000&cursor={page['cursor']}" if "cursor" in page else None
        self.assertEqual(len(seen), 20000)


class ClosingTests(TestCase):
    async def test_one_is_closed_with_the_code_and_reason_of_the_operator(self):
        gateway = self.gateway().ready()
        alice, bob = await self.native(gateway, "?user=alice"), await self.native(gateway, "?user=bob")
        path = f"/api/v1/connections/{alice.welcome['connectionId']}"
        answer = gateway.get(path + "?code=4321&reason=too%20loud", method="DELETE")
        self.assertEqual(json.loads(answer.text), {"closed": 1, "complete": True, "unanswered": []})
        self.assertEqual((await alice.closed())[1], 4321)
        self.assertEqual(alice.socket.close_reason, "too loud")
        await self.until(lambda: gateway.get(path, method="DELETE").status == 404)
        self.assertEqual((await bob.ask("ping"))["type"], "pong")
        self.assertEqual(gateway.metric("atalaya_connections_closed_total", reason="admin", initiator="server"), 1)
        closed, told = (
            [line for line in gateway.lines if line["event"] == event][0]
            for event in ("connection.closed", "management.connections_closed")
        )
        self.assertEqual((closed["reason"], closed["closeCode"], closed["error"]), ("admin", 4321, "too loud"))
        self.assertEqual((told["connectionId"], told["remoteAddress"]), (alice.welcome["connectionId"], "127.0.0.1"))
        self.assertEqual((told["closeCode"], told["error"], told["count"]), (4321, "too loud", 1))


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class FleetTests(TestCase):
    async def two(self, **how):
        self.redis = Redis().start()
        self.addCleanup(self.redis.end)
        here, there = (self.gateway("--redis-url", self.redis.url, **how).ready() for _ in range(2))
        await self.until(lambda: here.peers.keys() == {there.instance} and there.peers.keys() == {here.instance})
        return here, there

    async def test_what_is_elsewhere_is_closed_too(self):
        here, there = await self.two(**SECRET)
        alice = [await self.native(gateway, "?user=alice") for gateway in (here, there, there)]
        bob = await self.native(there, "?user=bob")
        answer = here.get(f"/api/v1/connections/{bob.welcome['connectionId']}", method="DELETE")
        self.assertEqual(json.loads(answer.text), {"closed": 1, "complete": True, "unanswered": []})
        self.assertEqual((await bob.closed())[1], 1008)
        answer = here.get("/api/v1/users/alice/connections", method="DELETE")
        self.assertEqual(json.loads(answer.text), {"closed": 3, "complete": True, "unanswered": []})
        for client in alice:
            self.assertEqual((await client.closed())[1], 1008)
        answer = here.get("/api/v1/users/alice/connections", method="DELETE")
        self.assertEqual(answer.status, 404, answer.text)

    async def test_rooms_of_the_fleet(self):
        here, there = await self.two()
        clients = [await self.native(gateway, f"?user=u{index}") for index, gateway in enumerate((here, there, there))]
        for client in clients:
            await client.ask("subscribe", room="r", id=1)
        await clients[2].ask("subscribe", room="there.only", id=1)
        listed = rooms(here, "?scope=fleet")
        self.assertEqual((listed["complete"], listed["unanswered"]), (True, []))
        self.assertEqual(
            [(room["room"], room["instance"], room["members"]) for room in listed["rooms"]],
            [("r", there.instance, 2), *sorted([("r", here.instance, 1), ("there.only", there.instance, 1)])],
        )
        self.assertEqual([room["members"] for room in rooms(here)["rooms"]], [1])
        seen, query = [], "?scope=fleet&limit=1"
        while query:
            page = json.loads(here.get("/api/v1/rooms/r" + query).text)
            self.assertEqual((page["members"], page["complete"], page["unanswered"]), (3, True, []))
            seen += [member["userId"] for member in page["connections"]]
            query = f"?scope=fleet&limit=1&cursor={page['cursor']}" if "cursor" in page else None
        self.assertEqual(sorted(seen), ["u0", "u1", "u2"])
        self.assertEqual(here.get("/api/v1/rooms/there.only").status, 404)
        self.assertEqual(here.get("/api/v1/rooms/there.only?scope=fleet").status, 200)
        self.assertEqual(here.get("/api/v1/rooms/nowhere?scope=fleet").status, 404)
        there.send(signal.SIGSTOP)
        self.addCleanup(there.send, signal.SIGCONT)
        listed = await asyncio.to_thread(rooms, here, "?scope=fleet")
        self.assertEqual((listed["complete"], listed["unanswered"]), (False, [there.instance]))
        self.assertEqual([room["members"] for room in listed["rooms"]], [1])
        answer = await asyncio.to_thread(here.get, "/api/v1/rooms/there.only?scope=fleet")
        self.assertEqual(answer.status, 504)
        self.assertIn(there.instance, json.loads(answer.text)["detail"])

    async def test_without_a_key_nobody_else_obeys(self):
        here, there = await self.two()
        alice = [await self.native(gateway, "?user=alice") for gateway in (here, there)]
        answer = here.get("/api/v1/users/alice/connections", method="DELETE")
        self.assertEqual(json.loads(answer.text), {"closed": 1, "complete": False, "unanswered": [there.instance]})
        answer = here.get(f"/api/v1/connections/{alice[1].welcome['connectionId']}", method="DELETE")
        self.assertEqual(answer.status, 504)
        self.assertIn(there.instance, json.loads(answer.text)["detail"])
        self.assertEqual((await alice[1].ask("ping"))["type"], "pong")
