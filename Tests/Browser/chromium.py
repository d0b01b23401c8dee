"""A headless Chromium, driven through its DevTools protocol over a pair of pipes; the standard library is enough."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


class PageFault(Exception):
    """A script threw, or what was waited for did not come."""


class Chromium:
    """One browser process with a profile of its own."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="atalaya-chromium-")
        commands, self.to_browser = os.pipe()
        self.from_browser, answers = os.pipe()
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if not program:
            raise PageFault("no chromium on the PATH")
        flags = ["--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "--no-first-run"]
        flags += ["--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en"]
        if os.geteuid() == 0:  # Chromium's sandbox refuses root.
            flags.append("--no-sandbox")
        # The protocol wants commands on descriptor 3 and answers on 4.
        script = f'exec "$@" 3<&{commands} 4>&{answers}'
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", program, *flags, "about:blank"],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self.received = b""
        self.last_id = 0
        self.thrown = []

    def command(self, method, session=None, seconds=30, **parameters):
        """Sends one command and answers with its result; script errors that come meanwhile are kept in `thrown`."""
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + seconds
        while True:
            answer = self.next_message(deadline, method)
            if answer.get("method") == "Runtime.exceptionThrown":
                self.thrown.append(answer["params"]["exceptionDetails"])
            if answer.get("id") == self.last_id:
                if "error" in answer:
                    raise PageFault(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def next_message(self, deadline, method):
        while b"\0" not in self.received:
            readable, _, _ = select.select([self.from_browser], [], [], max(0, deadline - time.monotonic()))
            if not readable:
                raise PageFault(f"{method}: the browser did not answer")
            read = os.read(self.from_browser, 1 << 20)
            if not read:
                raise PageFault(f"{method}: the browser ended")
            self.received += read
        message, _, self.received = self.received.partition(b"\0")
        return json.loads(message)

    def open(self, address, width=1000, height=720, dark=False):
        """A page in a context of its own: it shares no storage with the others."""
        context = self.command("Target.createBrowserContext")["browserContextId"]
        target = self.command("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        page.command("Runtime.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        page.command("Emulation.setDeviceMetricsOverride", **size)
        # A page in the background would be slowed down.
        page.command("Emulation.setFocusEmulationEnabled", enabled=True)
        if dark:
            scheme = {"name": "prefers-color-scheme", "value": "dark"}
            page.command("Emulation.setEmulatedMedia", features=[scheme])
        page.command("Page.navigate", url=address)
        return page

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)
        shutil.rmtree(self.profile, ignore_errors=True)


class Page:
    def __init__(self, browser, session):
        self.browser = browser
        self.session = session

    def command(self, method, **parameters):
        return self.browser.command(method, session=self.session, **parameters)

    def value(self, expression):
        """The value of a JavaScript expression; a promise is waited for."""
        answer = self.command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageFault(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def until(self, condition, seconds=15):
        """Waits for an expression to hold; what the page shows then stands in the error if it does not."""
        milliseconds = int(seconds * 1000)
        held = self.value(
            f"""new Promise((resolve) => {{
                const end = performance.now() + {milliseconds};
                const holds = () => {{ try {{ return {condition}; }} catch {{ return false; }} }};
                const look = () => {{
                    if (holds()) resolve(true);
                    else if (performance.now() > end) resolve(false);
                    else setTimeout(look, 20);
                }};
                look();
            }})"""
        )
        if not held:
            shown = self.value("document.body.innerText")
            raise PageFault(f"not within {seconds} s: {condition}\nThe page shows:\n{shown}")

    def type(self, selector, text):
        """Types text into a field and presses Enter."""
        self.value(f"document.querySelector({json.dumps(selector)}).focus()")
        self.command("Input.insertText", text=text)
        enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        self.command("Input.dispatchKeyEvent", type="keyDown", **enter)
        self.command("Input.dispatchKeyEvent", type="keyUp", **enter)

    def picture(self, path):
        data = self.command("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
