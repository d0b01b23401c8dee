"""The runtime stage of the Dockerfile without a container engine: debootstrap is its FROM, chroot its RUN."""

import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile

import debian
from project import BINARY, ROOT, run

CACHE = ROOT / ".container"
KEPT = 2


class Dockerfile:
    """Its stages, each a list of (instruction, text)."""

    def __init__(self, path=ROOT / "Dockerfile"):
        lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
        self.stages = []
        for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
            if not line.strip():
                continue
            instruction, text = line.split(None, 1)
            if instruction == "FROM":
                self.stages.append([])
            self.stages[-1].append((instruction, text))
        self.build, self.runtime = self.stages

    def one(self, instruction):
        """The last of its kind in the runtime stage, as a container engine takes it."""
        return [text for name, text in self.runtime if name == instruction][-1]

    def words(self, instruction):
        return json.loads(self.one(instruction))

    @property
    def command(self):
        return self.words("ENTRYPOINT") + self.words("CMD")

    @property
    def health(self):
        """The command of HEALTHCHECK."""
        return json.loads(self.one("HEALTHCHECK").partition("CMD ")[2])

    @property
    def labels(self):
        return dict(word.split("=", 1) for word in shlex.split(self.one("LABEL")))


def unavailable():
    """Why no root file system can be made here, if so."""
    if os.geteuid() != 0:
        return "only root may use debootstrap and chroot"
    if debian.tool("debootstrap") is None:
        return "debootstrap is not to be had"
    return None


class Image:
    """A root file system with the steps of the runtime stage done.

    What stands before the first COPY is kept in `.container`, like the layers of an image; what comes after is done
    each time.
    """

    def __init__(self, dockerfile):
        self.dockerfile = dockerfile
        self.folder = None
        self.user = "0:0"
        kept = [step for step in dockerfile.runtime if step[0] in ("FROM", "RUN")]
        later = dockerfile.runtime[[name for name, _ in dockerfile.runtime].index("COPY"):]
        assert all(name != "RUN" for name, _ in later), "a RUN after COPY would not be carried out"
        self._base(kept)
        for instruction, text in later:
            self._do(instruction, text)

    def _base(self, steps):
        key = hashlib.sha256(json.dumps(steps).encode()).hexdigest()[:16]
        self.folder = CACHE / key
        if self.folder.exists():
            os.utime(self.folder)
            return
        CACHE.mkdir(exist_ok=True)
        for broken in CACHE.glob("making-*"):
            shutil.rmtree(broken)
        making = pathlib.Path(tempfile.mkdtemp(prefix="making-", dir=CACHE))
        making.chmod(0o755)
        for instruction, text in steps:
            if instruction == "FROM":
                suite = re.fullmatch(r"docker\.io/library/debian:(\w+)-slim", text)[1]
                self._checked(
                    debian.tool("debootstrap"), "--variant=minbase", "--foreign", suite, making, mirror(suite),
                    environment=debian.environment("debootstrap"),
                )
                # As in Debian's own images: nothing is written through to the disk, which would take minutes.
                (making / "etc/dpkg/dpkg.cfg.d").mkdir(parents=True, exist_ok=True)
                (making / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")
                self._checked("chroot", making, "/debootstrap/debootstrap", "--second-stage")
                for name in ("resolv.conf", "hosts"):
                    shutil.copy(f"/etc/{name}", making / "etc" / name)
            else:
                self._checked("chroot", making, "/bin/sh", "-c", text)
        making.rename(self.folder)
        for old in sorted(CACHE.iterdir(), key=lambda folder: folder.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old)

    def _do(self, instruction, text):
        if instruction == "COPY":
            source, target = text.removeprefix("--from=build ").split()
            assert source == "/out/atalaya", source
            self._install(target)
        elif instruction == "USER":
            self.user = text
        else:
            told = ("ARG", "CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "STOPSIGNAL")
            assert instruction in told, instruction

    def _install(self, target):
        """Copies the binary. The one under test has the Swift runtime beside it, not inside as the image's: linking a
        second one costs minutes. Its run path ends with `$ORIGIN`, so the runtime is put where it is found."""
        path = self.folder / target.lstrip("/")
        for old in path.parent.iterdir():
            old.unlink()
        shutil.copy(BINARY, path)
        for library in re.findall(r"=> (\S*/lib/swift/\S+) ", run("ldd", BINARY).stdout):
            shutil.copy(library, path.parent)

    @staticmethod
    def _checked(*command, environment=None):
        done = run(*command, environment=environment or os.environ, timeout=600)
        if done.returncode:
            raise AssertionError(f"{command}: {(done.stdout + done.stderr)[-2000:]}")

    def inside(self, command, environment):
        """A command as an engine would start it there: as the image's user, without any privilege, with a root that
        cannot be written. Where mounting is not allowed, the root can be written and there is no /proc."""
        root = shlex.quote(str(self.folder))
        mounts = f"mount --bind {root} {root} && mount -t proc proc {root}/proc && mount -o remount,bind,ro {root}"
        words = ["setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
        names = [f"{name}={value}" for name, value in environment.items()]
        entered = ["chroot", f"--userspec={self.user}", "--groups=", str(self.folder)]
        whole = [*entered, "/usr/bin/env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        whole += [*names, *words, "--", *command]
        if run("unshare", "--mount", "sh", "-c", mounts).returncode:
            return whole
        return ["unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh", *whole]


def mirror(suite):
    """Where this machine has the suite's packages from."""
    asked = run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT) $(CREATED_BY)").stdout
    for line in asked.splitlines():
        site, release, component, made = line.split()
        if (release, component, made) == (suite, "main", "Packages"):
            return site
    return "http://deb.debian.org/debian"


def stop_signal(dockerfile):
    return signal.Signals[dockerfile.one("STOPSIGNAL")]


def running(command):
    """A process whose output is one stream."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
