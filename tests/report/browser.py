"""A page in headless Chromium, spoken to through a pipe: what it logs, what it asks for, how wide it is."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any


class Browser:
    """``with Browser(program, page) as browser``; ``events`` has everything the page logged and requested."""

    def __init__(self, program: str, page: Path, *, width: int = 390, scripts: bool = True) -> None:
        self.events: list[dict[str, Any]] = []
        self._count, self._rest, self._session = 0, b"", ""
        self._page, self._width, self._scripts = page, width, scripts
        (out_read, self._out), (self._in, in_write) = os.pipe(), os.pipe()

        def wire() -> None:  # Chromium reads from descriptor 3 and writes to 4
            os.dup2(out_read, 13)
            os.dup2(in_write, 14)
            os.dup2(13, 3)
            os.dup2(14, 4)

        self._process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=wire,
        )
        os.close(out_read)
        os.close(in_write)

    def __enter__(self) -> Browser:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=self._width, height=844, deviceScaleFactor=1, mobile=True)
        self.call("Emulation.setScriptExecutionDisabled", value=not self._scripts)
        self.call("Page.navigate", url=self._page.as_uri())
        self._wait("Page.loadEventFired")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]  # type: ignore[no-any-return]
            self.events.append(answer)

    def evaluate(self, code: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=code, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self, path: Path, selector: str = "") -> None:
        given: dict[str, Any] = {}
        if selector:
            box = self.evaluate(f"(r => ({{x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height}}))"
                                f"(document.querySelector({selector!r}).getBoundingClientRect())")
            given = {"clip": {**box, "height": min(box["height"], 1800), "scale": 1}, "captureBeyondViewport": True}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **given)["data"]))

    def requests(self) -> list[str]:
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]

    def complaints(self) -> list[dict[str, Any]]:
        return [e for e in self.events if e.get("method") in
                ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")]

    def _wait(self, event: str) -> None:
        while True:
            answer = self._read()
            self.events.append(answer)
            if answer.get("method") == event:
                return

    def _read(self) -> dict[str, Any]:
        end = time.monotonic() + 60
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0, end - time.monotonic()))
            assert ready, "Chromium did not answer in a minute"
            piece = os.read(self._in, 2**20)
            assert piece, "Chromium closed the pipe"
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)  # type: ignore[no-any-return]
