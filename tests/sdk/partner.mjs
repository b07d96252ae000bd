// Starts `vivavoce serve` on a free port, and makes clients of Google's SDK for it.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { GoogleGenAI } from '@google/genai';

const START_WITHIN = 60_000; // ms for the server to say its port

/** A failed check, as a sentence. */
export class Failed extends Error {}

export function must(holds, otherwise) {
  if (!holds) throw new Failed(otherwise);
}

/** Rejects if `work` is not settled after `ms` milliseconds. */
export function within(ms, work, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Failed(`${what} did not finish within ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** A running server. */
export class Partner {
  static async start(program, ...options) {
    const server = spawn(program, ['serve', '--port', '0', ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.once('exit', () => server.kill());
    const ended = new Promise((_, reject) => {
      server.once('error', reject);
      server.once('exit', (status) => reject(new Failed(`the server ended with status ${status}`)));
    });
    ended.catch(() => {});
    // Its only line on stdout: `ready ws://127.0.0.1:PORT`.
    const port = new Promise((resolve) => {
      createInterface({ input: server.stdout }).once('line', (line) => resolve(line.split(':').at(-1)));
    });
    return new Partner(server, await within(START_WITHIN, Promise.race([port, ended]), 'the start'));
  }

  constructor(server, port) {
    this.server = server;
    this.port = port;
  }

  /** The unchanged SDK. Only the base URL is set. */
  client(apiKey = 'practice-takes-any-key', apiVersion = undefined) {
    return new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `http://127.0.0.1:${this.port}`, apiVersion } });
  }

  /** Ends the server, which must still be running. */
  stop() {
    must(this.server.exitCode === null, `the server ended with status ${this.server.exitCode}`);
    this.server.kill();
  }
}
