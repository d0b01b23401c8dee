"""`make install` and the systemd unit."""

import configparser
import os
import pathlib
import re
import shutil
import tempfile
import unittest

from project import BINARY, ROOT, effective, run, seconds


class InstallingTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def install(self, **variables):
        environment = {**os.environ, "DESTDIR": str(self.root), **variables}
        done = run(ROOT / "scripts/install", BINARY, environment=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_everything_is_where_the_unit_looks_for_it(self):
        said = self.install(PREFIX="/opt/atalaya", SYSCONFDIR="/opt/atalaya/etc")
        unit = (self.root / "opt/atalaya/lib/systemd/system/atalaya.service").read_text()
        program, command, option, file = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1].split()
        self.assertEqual((command, option), ("serve", "--config"))
        for path in (program, file):
            self.assertTrue((self.root / path.lstrip("/")).exists(), path)
            self.assertIn(path, said)
        self.assertNotIn("/usr/local", unit)
        installed = self.root / program.lstrip("/")
        # The file that is installed is one that the gateway starts with.
        self.assertEqual(run(installed, "config", "check", "--config", self.root / file.lstrip("/")).returncode, 0)

    def test_a_configuration_that_is_there_is_kept(self):
        self.install()
        file = self.root / "etc/atalaya/atalaya.yaml"
        file.write_text("auth.mode: anonymous\n")
        self.install()
        self.assertEqual(file.read_text(), "auth.mode: anonymous\n")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
    def test_systemd_takes_the_unit(self):
        self.install()
        unit = self.root / "usr/local/lib/systemd/system/atalaya.service"
        # Programs are looked for where the unit says: here, below the folder of the test.
        unit.write_text(unit.read_text().replace("/usr/local/bin", str(self.root / "usr/local/bin")))
        verified = run("systemd-analyze", "verify", unit)
        self.assertEqual((verified.returncode, verified.stderr), (0, ""))
        exposed = run("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit)
        self.assertEqual(exposed.returncode, 0, exposed.stdout[-300:])
        unit.write_text(unit.read_text().replace("TimeoutStopSec=", "TimeoutStoppSec="))
        self.assertIn("TimeoutStoppSec", run("systemd-analyze", "verify", unit).stderr)

    def test_stopping_leaves_time_for_the_drain(self):
        unit = configparser.RawConfigParser(strict=False)
        unit.optionxform = str
        unit.read(ROOT / "systemd/atalaya.service")
        service = unit["Service"]
        self.assertGreaterEqual(seconds(service["TimeoutStopSec"]), seconds(effective()["drain.timeout"]) + 5)
        self.assertEqual(service["KillSignal"], "SIGTERM")
        self.assertEqual(service["LimitNOFILE"], "1048576")
        self.assertEqual(service["RestartPreventExitStatus"], "2")
