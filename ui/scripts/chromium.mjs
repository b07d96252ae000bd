// A Chromium of its own, driven over its debugging pipe: no driver has to be installed for it. It ends with its `close`.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The longest wait for one answer, in ms: the machine may do other things. */
const PATIENCE = 60_000;

export class Chromium {
  #next = 1;
  #waiting = new Map();
  #rest = Buffer.alloc(0);
  #profile = mkdtempSync(join(tmpdir(), "looks-"));
  #session;

  constructor(program) {
    const options = ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--hide-scrollbars=false"];
    this.process = spawn(
      program,
      [...options, "--disable-gpu", "--no-first-run", `--user-data-dir=${this.#profile}`, "about:blank"],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
    );
    this.process.stdio[4].on("data", (data) => this.#take(data));
  }

  /** Opens the one page that everything happens in. */
  async open() {
    const { targetInfos } = await this.#send("Target.getTargets");
    const page = targetInfos.find(({ type }) => type === "page");
    const target = page ?? (await this.#send("Target.createTarget", { url: "about:blank" }));
    const attached = await this.#send("Target.attachToTarget", { targetId: target.targetId, flatten: true });
    this.#session = attached.sessionId;
    for (const domain of ["Page", "Runtime", "Performance"]) await this.send(`${domain}.enable`);
  }

  send(method, params = {}) {
    return this.#send(method, params, this.#session);
  }

  /** Runs an expression in the page, waits for its promise and returns its value. */
  async run(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Presses and releases a key. */
  async press(key, code = key, keyCode = 9, modifiers = 0) {
    const event = { key, code, windowsVirtualKeyCode: keyCode, modifiers };
    await this.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  async close() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    await this.#send("Browser.close");
    await ended;
    try {
      rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    } catch {
      // A process of Chromium's still writes into it. The system clears its folder of temporary files.
    }
  }

  #send(method, params = {}, sessionId = undefined) {
    const id = this.#next++;
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${method}: no answer`)), PATIENCE);
      this.#waiting.set(id, ({ result, error }) => {
        clearTimeout(late);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result);
      });
    });
  }

  #take(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (let end = this.#rest.indexOf(0); end >= 0; end = this.#rest.indexOf(0)) {
      const message = JSON.parse(this.#rest.subarray(0, end).toString());
      this.#rest = this.#rest.subarray(end + 1);
      this.#waiting.get(message.id)?.(message);
      this.#waiting.delete(message.id);
    }
  }
}
