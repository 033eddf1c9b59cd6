# SPDX-License-Identifier: MIT
#
# browser.py: drives headless Chromium by chromedriver (WebDriver), with what Python itself has.

import base64
import json
import subprocess
import time
import urllib.error
import urllib.request

OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,1250", "--hide-scrollbars",
           "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND"]


class Browser:
    def __init__(self, port):
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.address, self.session = f"http://127.0.0.1:{port}", ""
        self.wait_for_driver()
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": OPTIONS},
                                                   "goog:loggingPrefs": {"browser": "ALL"}}}}
        self.session = "/session/" + self.ask("POST", "/session", wanted)["sessionId"]

    def wait_for_driver(self):
        for _ in range(600):
            try:
                if self.ask("GET", "/status")["ready"]:
                    return
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(0.1)
        raise RuntimeError("chromedriver does not answer")

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + self.session + path, data, {"Content-Type": "application/json"},
                                         method=method)
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)["value"]

    def open(self, path):
        self.ask("POST", "/url", {"url": f"file://{path}"})

    def run(self, script):
        """What a script returns."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def wait(self, script, seconds):
        """What a script returns, once that is something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.run(script)
            if found:
                return found
            time.sleep(0.05)
        return None

    def pointer(self, *actions):
        self.ask("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": list(actions)}]})

    def move(self, x, y):
        self.pointer({"type": "pointerMove", "duration": 0, "x": int(x), "y": int(y)})

    def drag(self, x, y, to_x, to_y):
        self.pointer({"type": "pointerMove", "duration": 0, "x": int(x), "y": int(y)}, {"type": "pointerDown", "button": 0},
                     {"type": "pointerMove", "duration": 50, "x": int(to_x), "y": int(to_y)},
                     {"type": "pointerUp", "button": 0})

    def errors(self):
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})
                if entry["level"] == "SEVERE"]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))

    def close(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
