"""Tools of Debian's that the tests use where they are installed; elsewhere they are unpacked, since installing nginx or
haproxy would start a server."""

import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

from project import ROOT

FOLDER = ROOT / ".debian"
# A tool, its package, and the packages it needs that few machines have.
PACKAGES = {
    "haproxy": ["haproxy", "liblua5.3-0", "libopentracing1", "libopentracing-c-wrapper0"],
    "nginx": ["nginx"],
    "debootstrap": ["debootstrap"],
}


@functools.cache
def tool(name):
    """The path of a tool, or None where there is none and none can be had."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    unpacked = FOLDER / name / "usr/sbin" / name
    if found := shutil.which(name, path=path):
        return pathlib.Path(found)
    if not unpacked.exists() and shutil.which("apt-get"):
        _unpack(name)
    return unpacked if unpacked.exists() else None


def environment(name):
    """What an unpacked tool needs to find its libraries and scripts."""
    folder = FOLDER / name
    if not folder.exists():
        return dict(os.environ)
    libraries = ":".join(str(path) for path in (folder / "usr/lib").glob("*-linux-gnu*"))
    return {**os.environ, "LD_LIBRARY_PATH": libraries, "DEBOOTSTRAP_DIR": str(folder / "usr/share/debootstrap")}


def _unpack(name):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        if not _fetch(PACKAGES[name], folder):
            # The package lists of a fresh image are empty or old.
            _quietly("apt-get", "update", "--quiet")
            if not _fetch(PACKAGES[name], folder):
                return
        FOLDER.mkdir(exist_ok=True)
        making = pathlib.Path(tempfile.mkdtemp(dir=FOLDER))
        for package in pathlib.Path(folder).glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, making], check=True)
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        making.rename(FOLDER / name)


def _fetch(packages, folder):
    return _quietly("apt-get", "download", "--quiet", *packages, cwd=folder)


def _quietly(*command, **how):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how).returncode == 0
