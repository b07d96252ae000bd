"""Talks through `vivavoce` with a language model that llama.cpp's own server runs: found, listed, asked, it calls a function,
and is left in the middle of an answer."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import tiny

HERE = Path(__file__).parent
# For anything that is waited for; nothing is measured.
PATIENCE = 120


class Failed(Exception):
    """What was expected did not come."""


def check(holds, said):
    if not holds:
        raise Failed(said)


class App:
    """The program, in a home of its own, with the server as the only one that is asked."""

    def __init__(self, program, home, url):
        self.program = program
        self.home = home
        self.url = url
        port = url.rsplit(":", 1)[1]
        kept = {name: os.environ[name] for name in ("PATH", "VIVAVOCE_ASSETS", "LANG") if name in os.environ}
        self.environment = {**kept, "HOME": str(home), "VIVAVOCE_LOCAL_PORTS": f"openai:{port}", "NO_COLOR": "1"}

    def run(self, *args):
        done = subprocess.run([self.program, *args], cwd=self.home, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr


def finds(app):
    """The doctor lists it, with what it can do."""
    profile = {"endpoint": "practice", "microphone": "none", "speaker": "none", "camera": "none"}
    (app.home / "profile.json").write_text(json.dumps(profile))
    _, out, err = app.run("doctor", "--profile", "profile.json", "--offline", "--json")
    said = [point["says"] for point in json.loads(out)["points"] if point["name"] == "local"]
    wanted = f"llama.cpp at {app.url}/v1: tiny (0.0 GB, calls functions, no pictures)"
    check(said == [wanted], f"the doctor says {said}\n{err}")


def answers(app):
    """It answers, calls a function, and tells its result without a sign of markup or of its thoughts."""
    code, out, err = app.run("talk", "--practice", "--local-model=tiny", "--speaker", "none", "--events", "events.jsonl",
                             "--text", "Good morning.", "--text", "What time is it in Tokyo?")
    check(code == 0, f"exit status {code}\n{out}{err}")
    replies = [line for line in out.splitlines() if line.startswith("Practice:")]
    check(replies == ["Practice: Good morning! I run on this computer.",
                      "Practice: It is late in Tokyo. See the clock. Sleep well!"], f"it says {replies}\n{err}")
    events = [json.loads(line) for line in (app.home / "events.jsonl").read_text().splitlines()]
    calls = [event["event"]["call"] for event in events if event.get("event", {}).get("type") == "tool"]
    check(any(call["name"] == "get_current_time" and "Asia/Tokyo" in call["args"] for call in calls), f"it calls {calls}")
    check(calls[-1]["state"] == "done", f"the call is {calls[-1]}")


def is_left(app):
    """When the conversation ends in the middle of an answer the server stops working on it."""
    code, out, err = app.run("talk", "--practice", "--local-model=tiny", "--speaker", "none", "--until", "4", "--text",
                             "Tell me everything.")
    check("This is the first sentence." in out, f"it says {out}\n{err} ({code})")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{app.url}/slots", timeout=PATIENCE) as answer:
            if not any(slot["is_processing"] for slot in json.load(answer)):
                return
        time.sleep(0.1)
    raise Failed("the server goes on with an answer that nobody hears")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("program", type=Path)
    program = arguments.parse_args().program
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "tiny.gguf")
        tiny.main(str(model))
        with open(Path(folder, "server.log"), "w+b") as log:
            serving = subprocess.Popen([sys.executable, HERE / "serve.py", str(model)], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=log, text=True)
            try:
                url = serving.stdout.readline().strip()
                check(url.startswith("http://127.0.0.1:"), "the server does not start")
                app = App(program, Path(folder), url)
                for scenario in (lambda: finds(app), lambda: answers(app), lambda: is_left(app)):
                    scenario()
            except Failed as failed:
                log.seek(0)
                sys.exit(f"{failed}\nThe server:\n{log.read().decode(errors='replace')[-3000:]}")
            finally:
                serving.stdin.close()
                serving.wait(PATIENCE)
    print("found, listed, asked by text, a function called, left in the middle")


if __name__ == "__main__":
    main()
