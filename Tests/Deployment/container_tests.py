"""The Dockerfile: its last stage is carried out, and the gateway lives in what comes of it."""

import json
import pathlib
import re
import unittest

import websockets

from client import TestCase
from gateway import Answer, free_port
from image import Dockerfile, Image, running, stop_signal, unavailable
from project import ROOT, effective, run, version


class DockerfileTests(unittest.TestCase):
    def setUp(self):
        self.dockerfile = Dockerfile()

    def test_the_build_stage_installs_what_a_build_needs(self):
        listed = re.search(r"^libraries=\((.*)\)$", (ROOT / "scripts/install-packages").read_text(), re.MULTILINE)[1]
        installing = next(text for name, text in self.dockerfile.build if name == "RUN")
        self.assertEqual(set(re.findall(r"\S+-dev\b", installing)), set(listed.split()))

    def test_the_swift_runtime_is_inside_the_binary(self):
        building = [text for name, text in self.dockerfile.build if name == "RUN"][-1]
        self.assertIn("swift build -c release --product atalaya --static-swift-stdlib", building)

    def test_the_image_says_what_it_is(self):
        labels = self.dockerfile.labels
        self.assertEqual(labels["org.opencontainers.image.version"], version())
        self.assertEqual(labels["org.opencontainers.image.licenses"], "Apache-2.0")
        self.assertEqual(labels["org.opencontainers.image.revision"], "$COMMIT")
        ports = effective()
        self.assertEqual(self.dockerfile.one("EXPOSE"), f"{ports['public.port']} {ports['management.port']}")

    def test_what_is_sent_to_the_engine_is_what_is_copied(self):
        copied = [text.split()[0] for name, text in self.dockerfile.build if name == "COPY"]
        ignore = (ROOT / ".dockerignore").read_text().splitlines()
        self.assertEqual(ignore[1], "*")
        self.assertEqual({line[1:] for line in ignore if line.startswith("!")}, set(copied))


@unittest.skipIf(unavailable(), unavailable())
class ImageTests(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dockerfile = Dockerfile()
        cls.image = Image(cls.dockerfile)

    async def test_the_gateway_lives_in_the_image(self):
        port, management = free_port(), free_port()
        environment = {
            "ATALAYA_AUTH_MODE": "anonymous", "ATALAYA_PUBLIC_PORT": port, "ATALAYA_MANAGEMENT_PORT": management,
            "ATALAYA_DRAIN_DELAY": "100ms", "ATALAYA_DRAIN_TIMEOUT": "2s",
        }
        process = running(self.image.inside(self.dockerfile.command, environment))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)

        def is_up():
            if process.poll() is not None:
                self.fail(process.stdout.read())
            try:
                return Answer(management, "/startupz").status == 200
            except OSError:
                return False

        await self.until(is_up)
        for path in ("/livez", "/readyz", "/startupz"):
            self.assertEqual(Answer(management, path).text.strip(), "ok")
        self.assertEqual(self.ids(process.pid), {self.image.user.split(":")[0]})
        self.assertNotEqual(self.ids(process.pid), {"0"})

        alice = await websockets.connect(f"ws://127.0.0.1:{port}/ws?room=r")
        await alice.send("hello")
        self.assertEqual(await self.hear(alice), "hello")
        healthy = run(*self.image.inside(self.dockerfile.health, environment))
        self.assertEqual((healthy.returncode, healthy.stdout.strip()), (0, "ok"), healthy.stderr)

        process.send_signal(stop_signal(self.dockerfile))
        self.assertEqual(await self.code(alice), 1012)
        said, _ = process.communicate(timeout=15)
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual(json.loads(said.splitlines()[-1])["event"], "gateway.stopped")
        self.assertEqual(run(*self.image.inside(self.dockerfile.health, environment)).returncode, 1)

    def ids(self, process):
        """The user ids of a process: real, effective, saved and of the file system."""
        status = pathlib.Path(f"/proc/{process}/status").read_text()
        return set(re.search(r"^Uid:(.*)$", status, re.MULTILINE)[1].split())

    def test_bad_configuration_ends_the_container_at_once(self):
        ended = run(*self.image.inside(self.dockerfile.command, {}))
        self.assertEqual(ended.returncode, 2)
        self.assertIn("auth.mode", ended.stderr)
