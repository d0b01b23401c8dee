"""Rooms on one instance: plain, native, and both together."""

import asyncio
import json
import socket

import websockets

from client import TestCase


class PlainRoomTests(TestCase):
    async def test_members_get_payloads_as_they_are(self):
        gateway = self.gateway().ready()
        alice = await self.connect(gateway, "/ws?room=r&user=alice")
        bob = await self.connect(gateway, "/ws?room=other&room=r&user=bob")
        await alice.send("grüße")
        self.assertEqual(await self.hear(alice), "grüße")
        self.assertEqual(await self.hear(bob), "grüße")
        await alice.send(b"\x00\xff")
        self.assertEqual([await self.hear(alice), await self.hear(bob)], [b"\x00\xff"] * 2)
        await bob.send("to the first room, which alice is not in")
        await alice.send("the end")
        self.assertEqual(await self.hear(alice), "the end")
        self.assert_conserved(gateway)

    async def test_a_publisher_can_do_without_its_own(self):
        gateway = self.gateway().ready()
        alice = await self.connect(gateway, "/ws?room=r&echo=false")
        bob = await self.connect(gateway, "/ws?room=r")
        await alice.send("one")
        self.assertEqual(await self.hear(bob), "one")
        await bob.send("two")
        self.assertEqual(await self.hear(bob), "two")
        self.assertEqual(await self.hear(alice), "two")
        self.assertEqual(gateway.metric("atalaya_deliveries_total", outcome="sender_excluded"), 1)
        self.assertEqual(gateway.metric("atalaya_deliveries_total", outcome="written"), 3)
        self.assert_conserved(gateway)

    async def test_order_is_kept_through_bursts(self):
        gateway = self.gateway().ready()
        members = [await self.connect(gateway, "/ws?room=r") for _ in range(5)]
        for number in range(2000):
            await members[0].send(str(number))
        for member in members:
            self.assertEqual([int(await self.hear(member)) for _ in range(2000)], list(range(2000)))
        self.assert_conserved(gateway)

    async def test_echo_sends_back_the_same_opcode(self):
        gateway = self.gateway().ready()
        echo = await self.connect(gateway, "/echo", max_size=None)
        for message in ["", "text", b"", b"\x01", "x" * 125, "x" * 126, b"y" * 65535, b"y" * 65536, "z" * 1_000_000]:
            await echo.send(message)
            self.assertEqual(await self.hear(echo), message)
        self.assertEqual(gateway.metric("atalaya_messages_received_total", protocol="plain"), 9)
        self.assertEqual(gateway.metric("atalaya_messages_sent_total", protocol="plain"), 9)
        self.assertEqual(gateway.metric("atalaya_message_sent_bytes_total", protocol="plain"), 4 + 1 + 125 + 126 + 65535 + 65536 + 1_000_000)
        self.assertEqual(gateway.metric("atalaya_deliveries_total"), 0)

    async def test_a_message_that_is_too_big_closes_with_1009(self):
        gateway = self.gateway("--set", "limits.messageBytes=1KiB").ready()
        socket = await self.connect(gateway, "/ws?room=r")
        await socket.send("x" * 1025)
        self.assertEqual(await self.code(socket), 1009)
        self.assertEqual(gateway.metric("atalaya_messages_rejected_total", reason="too_big"), 1)
        self.assertEqual(gateway.metric("atalaya_connections_closed_total", reason="too_big", initiator="server"), 1)


class NativeTests(TestCase):
    async def test_a_conversation(self):
        gateway = self.gateway().ready()
        alice = await self.native(gateway, "?user=alice")
        self.assertEqual(alice.socket.subprotocol, "atalaya.v1.json")
        self.assertEqual(alice.welcome["userId"], "alice")
        self.assertEqual(len(alice.welcome["connectionId"]), 26)
        self.assertEqual(alice.welcome["heartbeatMs"], 25000)
        self.assertFalse(alice.welcome["resumed"])
        bob = await self.native(gateway)
        self.assertEqual(bob.welcome["userId"], "anon-" + bob.welcome["connectionId"])
        self.assertEqual(await bob.ask("subscribe", room="r", id=7), {"type": "ok", "id": 7})
        await alice.socket.send('{"type":"publish","id":"p-1","room":"r","data":{"b": 1.50, "a":[null]}}')
        ok = await alice.hear()
        self.assertEqual((ok["type"], ok["id"], len(ok["messageId"])), ("ok", "p-1", 26))
        raw = await self.hear(bob.socket)
        message = json.loads(raw)
        self.assertIn('"data":{"b": 1.50, "a":[null]}', raw)
        self.assertEqual(message["id"], ok["messageId"])
        self.assertEqual((message["type"], message["room"], message["from"]), ("message", "r", "alice"))
        self.assertEqual(await bob.ask("unsubscribe", room="r", id=8), {"type": "ok", "id": 8})
        self.assertEqual(await bob.ask("ping"), {"type": "pong"})
        await bob.say("received", messageId=message["id"])
        self.assertEqual(await bob.ask("ping", id=1.5), {"type": "pong", "id": 1.5})
        self.assert_conserved(gateway)

    async def test_what_cannot_be_done_is_answered_and_the_connection_stays(self):
        gateway = self.gateway().ready()
        client = await self.native(gateway)
        cases = [
            ({"type": "publish", "id": 1, "room": "r"}, "invalid"),
            ({"type": "publish", "id": 1, "room": "a b", "data": 1}, "invalid"),
            ({"type": "publish", "id": 1, "room": "_inner", "data": 1}, "forbidden"),
            ({"type": "publsh", "id": 1, "room": "r", "data": 1}, "invalid"),
            ({"type": "subscribe", "id": 1, "romo": "r"}, "invalid"),
            ({"type": "unsubscribe", "id": 1, "room": "never"}, "invalid"),
            ({"type": "history", "id": 1, "room": "r"}, "not_supported"),
            ({"type": "presence", "id": 1, "room": "r"}, "not_supported"),
            ({"type": "refresh", "id": 1, "token": "t"}, "not_supported"),
            ({"type": "connect", "id": 1, "token": "t"}, "not_supported"),
            ({"id": 1}, "invalid"),
        ]
        for frame, code in cases:
            await client.socket.send(json.dumps(frame))
            answer = await client.hear()
            self.assertEqual((answer["type"], answer["code"], answer["id"]), ("error", code, 1), frame)
            self.assertGreater(len(answer["message"]), 10)
        await client.say("publish", id={"no": "id"}, room="r", data=1)
        self.assertEqual((await client.hear())["code"], "invalid")
        self.assertIn("did you mean publish", (await client.ask("publsh"))["message"])
        self.assertEqual(await client.ask("ping"), {"type": "pong"})
        self.assertEqual(gateway.metric("atalaya_messages_rejected_total"), 3)
        self.assert_conserved(gateway)

    async def test_what_is_no_command_closes(self):
        gateway = self.gateway().ready()
        for frame, code in [("no json", 4400), ("[]", 4400), ('{"a":1}{}', 4400), ("[" * 100, 4400), (b"{}", 1003)]:
            client = await self.native(gateway)
            await client.socket.send(frame)
            self.assertEqual((await client.closed())[1], code, frame)
        self.assertEqual(gateway.metric("atalaya_connections_closed_total", reason="protocol_error"), 5)

    async def test_a_chain_is_continued_once(self):
        gateway = self.gateway().ready()
        first = await self.native(gateway, "?user=alice")
        await first.socket.close()
        token = first.welcome["resume"]
        self.assertNotIn(token, gateway.said)
        second = await self.native(gateway, f"?user=alice&resume={token}")
        self.assertTrue(second.welcome["resumed"])
        again = await self.native(gateway, f"?user=alice&resume={token}")
        self.assertFalse(again.welcome["resumed"])
        thief = await self.native(gateway, f"?user=mallory&resume={second.welcome['resume']}")
        self.assertFalse(thief.welcome["resumed"])
        await second.socket.close()
        third = await self.native(gateway, "?user=alice")
        welcome = await third.ask("connect", resume=second.welcome["resume"])
        self.assertTrue(welcome["resumed"])
        self.assertEqual((await third.ask("connect", id=2))["code"], "invalid")
        self.assertEqual(gateway.metric("atalaya_reconnects_total", outcome="resumed", origin="same_instance"), 2)

    async def test_a_subscription_without_history_recovers_nothing(self):
        gateway = self.gateway().ready()
        client = await self.native(gateway)
        answer = await client.ask("subscribe", room="r", since="x", id=1)
        self.assertEqual(answer, {"type": "ok", "id": 1, "recovered": False})


    async def test_half_an_emoji_is_json(self):
        gateway = self.gateway().ready()
        client, plain = await self.native(gateway), await self.connect(gateway, "/ws?room=r")
        await client.ask("subscribe", room="r", id=1)
        frame = '{"type":"publish","room":"r","data":%s}'
        for data, text in [('{"text":"\\ud83d"}', '{"text":"\\ud83d"}'), ('"a\\ud83d"', "a\ufffd")]:
            await client.socket.send(frame % data)
            self.assertIn(f'"data":{data}', await asyncio.wait_for(client.socket.recv(), 10))
            self.assertEqual(await self.hear(plain), text)
        await plain.send('{"text":"\\ud83d"}')
        self.assertIn('"data":{"text":"\\ud83d"}', await asyncio.wait_for(client.socket.recv(), 10))
        await client.socket.send('{"type":"ping","id":"\\ud83d"}')
        self.assertEqual((await client.hear())["code"], "invalid")

    async def test_an_anonymous_client_that_resumes_is_the_same_user(self):
        gateway = self.gateway().ready()
        first = await self.native(gateway)
        user = first.welcome["userId"]
        for _ in range(3):
            token = first.welcome["resume"]
            await first.socket.close(1001)
            first = await self.native(gateway, f"?resume={token}")
            self.assertEqual((first.welcome["resumed"], first.welcome["userId"]), (True, user))
        await first.ask("subscribe", room="r", id=1)
        await first.say("publish", room="r", data=1)
        self.assertEqual((await first.hear())["from"], user)
        self.assertEqual(gateway.metric("atalaya_users_active"), 1)


class UploadTests(TestCase):
    """Messages that come slowly."""

    def frame(self, length):
        return b"\x81\xff" + length.to_bytes(8, "big") + b"\0\0\0\0"

    def upgraded(self, gateway, path):
        client = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
        self.addCleanup(client.close)
        client.sendall(
            f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(1)
        return client

    async def test_a_slow_upload_lives_though_it_answers_no_ping(self):
        gateway = self.gateway("--set", "heartbeat.interval=1s", "--set", "heartbeat.timeout=1s").ready()
        member = await self.connect(gateway, "/ws?room=r")
        client = self.upgraded(gateway, "/ws?room=r&echo=false")
        client.sendall(self.frame(100_000))
        for _ in range(50):
            client.sendall(b"x" * 2000)
            await asyncio.sleep(0.1)
        self.assertEqual(await self.hear(member), "x" * 100_000)
        self.assertEqual(gateway.metric("atalaya_connections_closed_total"), 0)

    async def test_a_message_that_is_never_whole_ends_in_time(self):
        gateway = self.gateway("--set", "limits.messageTimeout=1s", "--set", "heartbeat.interval=60s").ready()
        client = self.upgraded(gateway, "/ws?room=r")
        client.sendall(self.frame(100_000) + b"x")
        self.assertEqual(client.recv(4)[2:], (1008).to_bytes(2, "big"))
        self.assertEqual(gateway.metric("atalaya_connections_closed_total", reason="policy"), 1)

    async def test_unfinished_messages_are_bounded_together(self):
        gateway = self.gateway("--set", "queue.totalBytes=8MiB", "--set", "heartbeat.interval=60s").ready()
        before = gateway.metric("process_resident_memory_bytes")
        clients = [self.upgraded(gateway, "/ws?room=r") for _ in range(40)]
        for client in clients:
            try:
                client.sendall(self.frame(1_000_000) + b"x" * 900_000)
            except OSError:
                pass
        await self.until(lambda: gateway.metric("atalaya_connections_closed_total", reason="slow_consumer") >= 25)
        self.assertGreater(gateway.metric("atalaya_connections_active"), 2)
        self.assertLess(gateway.metric("process_resident_memory_bytes") - before, 40 << 20)


class TogetherTests(TestCase):
    async def test_the_same_message_in_both_protocols(self):
        gateway = self.gateway().ready()
        plain = await self.connect(gateway, "/ws?room=r&echo=false&user=p")
        native = await self.native(gateway)
        await native.ask("subscribe", room="r", id=1)
        for sent, data in [
            ("hello", "hello"), ('{"a": 1}', {"a": 1}), ("[1,2]", [1, 2]), ("17", "17"), ('"x"', '"x"'), ("{no", "{no"),
            (b"\x00\x01\x02\xff", {"base64": "AAEC/w=="}),
        ]:
            await plain.send(sent)
            self.assertEqual((await native.hear())["data"], data)
        for data, text in [('"line\\n\\u00e9"', "line\né"), ("17", "17"), ('{"a": 1}', '{"a": 1}'), ("null", "null")]:
            await native.socket.send(f'{{"type":"publish","room":"r","echo":false,"data":{data}}}')
            self.assertEqual(await self.hear(plain), text)
        await native.say("publish", room="r", data=1, echo=False, traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
        self.assertEqual(await self.hear(plain), "1")
        await native.say("publish", room="r", data=2, traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
        self.assertEqual((await native.hear())["traceparent"], "00-" + "a" * 32 + "-" + "b" * 16 + "-01")
        self.assert_conserved(gateway)


class HandshakeTests(TestCase):
    async def test_refusals_say_what_would_be_right(self):
        gateway = self.gateway().ready()
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
        plain = gateway.public("/ws?room=r")
        self.assertEqual(plain.status, 426)
        old = gateway.public("/ws?room=r", headers={**upgrade, "Sec-WebSocket-Version": "8"})
        self.assertEqual((old.status, old.headers["Sec-WebSocket-Version"]), (426, "13"))
        self.assertEqual(gateway.public("/ws?room=r", headers={**upgrade, "Sec-WebSocket-Key": "short"}).status, 400)
        self.assertEqual(gateway.public("/ws?room=r", method="POST", headers=upgrade, body=b"").status, 405)
        self.assertEqual(gateway.public("/nothing").status, 404)
        for query in ["", "?room=", "?room=_x", "?room=a%20b", "?room=r&user=_x"]:
            answer = gateway.public("/ws" + query, headers=upgrade)
            self.assertEqual(answer.status, 400, query)
            self.assertEqual(answer.headers.get_content_type(), "application/problem+json")
        with self.assertRaises(websockets.InvalidStatus) as refused:
            await websockets.connect(gateway.url("/ws?room=r"), subprotocols=["v99.unknown"])
        self.assertEqual(refused.exception.response.status_code, 400)
        self.assertGreaterEqual(gateway.metric("atalaya_handshakes_rejected_total", stage="upgrade"), 8)
        self.assertEqual(gateway.metric("atalaya_connections_opened_total"), 0)
