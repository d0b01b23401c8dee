"""A network with a delay and losses of its own: two places, joined by a wire that is a thread of this process.

The kernels at both ends see a real network. Each place is a network namespace; the wire reads packets from a TUN device
in one and writes them to a TUN device in the other when their time has come.
"""

import concurrent.futures
import ctypes
import fcntl
import heapq
import itertools
import os
import select
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000


class Place:
    """What is run here happens in a network namespace of its own, in one thread."""

    def __init__(self, address):
        self.address = address
        self.thread = concurrent.futures.ThreadPoolExecutor(1)
        try:
            self.tun = self.run(self.prepare)
        except OSError:
            self.thread.shutdown()
            raise

    def prepare(self):
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "no network namespace")
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TUN_NO_PI))
            for words in ("link set lo up", f"address add {self.address}/24 dev wire", "link set wire up"):
                subprocess.run(["ip", *words.split()], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as failure:
            os.close(tun)
            raise OSError(str(failure)) from failure
        return tun

    def run(self, work, *words, **more):
        return self.thread.submit(work, *words, **more).result()

    def connect(self, address, port):
        """A socket that belongs here, whoever uses it."""
        return self.run(socket.create_connection, (address, port), timeout=10)


class Network:
    """Two places and the wire between them.

    Raises OSError where this process may not make one.
    """

    def __init__(self):
        self.here, self.there = Place("10.77.0.1"), None
        try:
            self.there = Place("10.77.0.2")
        except OSError:
            self.end()
            raise
        #: Seconds each way.
        self.delay = 0.0
        #: Whether anything gets through.
        self.carries = True
        #: Of how many packets one is lost; 0: none.
        self.loses_one_of = 0
        self.is_over = False
        self.wire = threading.Thread(target=self.pass_packets, daemon=True)
        self.wire.start()

    def pass_packets(self):
        tuns = {self.here.tun: self.there.tun, self.there.tun: self.here.tun}
        under_way, number = [], itertools.count(1)
        while not self.is_over:
            wait = max(0, under_way[0][0] - time.monotonic()) if under_way else 0.1
            for tun in select.select(list(tuns), [], [], min(wait, 0.1))[0]:
                packet, count = os.read(tun, 65536), next(number)
                if self.carries and not (self.loses_one_of and count % self.loses_one_of == 0):
                    heapq.heappush(under_way, (time.monotonic() + self.delay, count, tuns[tun], packet))
            while under_way and under_way[0][0] <= time.monotonic():
                _, _, tun, packet = heapq.heappop(under_way)
                try:
                    os.write(tun, packet)
                except OSError:
                    pass  # A full device loses a packet, as networks do.

    def end(self):
        self.is_over = True
        if self.there:
            self.wire.join()
        for place in (self.here, self.there):
            if place:
                os.close(place.tun)
                place.thread.shutdown()
