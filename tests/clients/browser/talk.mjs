// Google's JavaScript SDK in a page in Chromium, with `vivavoce serve`.
//
// `node talk.mjs --server VIVAVOCE --sounds FOLDER [--table FILE] [--model ID]`: starts the server, serves the page, opens
// it in a headless Chromium and writes down what the page posts. Exits with 0 if all passed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

const ALL_WITHIN = 1_200_000; // ms for the whole test
const START_WITHIN = 60_000; // ms for a server to say its port
const CONNECTION_LIMIT = 20; // seconds; goAway comes at half of it
const AT_ONCE = 3;
const MODELS = ['gemini-3.8-live', 'gemini-3.1-flash-live-preview', 'gemini-2.5-flash-native-audio-latest'];
const CLIENTS = { '@google/genai 3.3.0 in Chromium': 'newest', '@google/genai 0.14.0 in Chromium': 'consoles' };
const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--no-first-run',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--autoplay-policy=no-user-gesture-required',
];

const { values: args } = parseArgs({
  options: {
    server: { type: 'string' },
    sounds: { type: 'string' },
    table: { type: 'string' },
    model: { type: 'string' },
    verbose: { type: 'boolean' },
  },
});
const folder = import.meta.dirname;
const started = [];
process.once('exit', () => {
  for (const child of started) child.kill();
});

/** Starts a server that serves this page's origin; gives its base URL. */
async function serving(origin, ...options) {
  const listen = ['serve', '--listen', '127.0.0.1:0', '--allow-origin', origin];
  const server = spawn(args.server, [...listen, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  started.push(server);
  const lines = createInterface({ input: server.stderr });
  return new Promise((resolve, reject) => {
    server.once('exit', (status) => reject(new Error(`the server ended with status ${status}`)));
    setTimeout(() => reject(new Error('the server said no port')), START_WITHIN).unref();
    lines.on('line', (line) => {
      const found = line.match(/ws:\/\/[\d.]+:(\d+)/);
      if (found) resolve(`http://127.0.0.1:${found[1]}`);
    });
  });
}

const bundle = join(mkdtempSync(join(tmpdir(), 'browser-test-')), 'page.js');
await build({
  entryPoints: [join(folder, 'page.js')],
  bundle: true,
  format: 'esm',
  platform: 'browser',
  outfile: bundle,
  logLevel: 'error',
});

const files = {
  '/': [join(folder, 'page.html'), 'text/html'],
  '/page.js': [bundle, 'text/javascript'],
  '/recorder.js': [join(folder, 'recorder.js'), 'text/javascript'],
  '/picture.jpg': [join(folder, 'picture.jpg'), 'image/jpeg'],
  '/question-16k.wav': [join(args.sounds, 'question-16k.wav'), 'audio/wav'],
  '/look-16k.wav': [join(args.sounds, 'look-16k.wav'), 'audio/wav'],
};

const table = [];
let end;
const ended = new Promise((resolve) => {
  end = resolve;
});

const page = createServer(async (request, response) => {
  const answer = (text, type = 'text/plain') => response.writeHead(200, { 'content-type': type }).end(text);
  if (files[request.url]) {
    const [file, type] = files[request.url];
    answer(readFileSync(file), type);
  } else if (request.url === '/tasks') {
    const models = MODELS.filter((model) => !args.model || model === args.model);
    answer(JSON.stringify({ models, servers: { usual }, atOnce: AT_ONCE, clients: CLIENTS }), 'application/json');
  } else if (request.url === '/short-lived') {
    answer(await serving(origin, '--connection-limit', String(CONNECTION_LIMIT)));
  } else if (request.url === '/result') {
    const { client, model, scenario, verdict, words } = await json(request);
    table.push([client, model, scenario, verdict, String(words).replace(/\s+/g, ' ')]);
    console.log(`${client}, ${model} ${scenario}: ${verdict}: ${words}`);
    answer('');
  } else if (request.url === '/end') {
    answer('');
    end();
  } else {
    response.writeHead(404).end();
  }
});
page.listen(0, '127.0.0.1');
await once(page, 'listening');
const origin = `http://127.0.0.1:${page.address().port}`;
const usual = await serving(origin);

const profile = mkdtempSync(join(tmpdir(), 'browser-test-profile-'));
const output = args.verbose ? 'inherit' : 'ignore';
const logging = args.verbose ? ['--enable-logging=stderr'] : [];
const chromium = spawn('chromium', [...FLAGS, ...logging, `--user-data-dir=${profile}`, `${origin}/`], {
  stdio: ['ignore', output, output],
});
started.push(chromium);
let problem = '';
const over = (words) => {
  problem = words;
  end();
};
chromium.once('error', (error) => over(`Chromium could not be started: ${error.message}`));
chromium.once('exit', (status) => over(`Chromium ended with status ${status}`));
setTimeout(() => over('not over in time'), ALL_WITHIN).unref();
await ended;
if (problem) table.push(['Chromium', '', '', 'failed', problem]);

chromium.kill();
if (chromium.exitCode === null && chromium.pid) await once(chromium, 'exit');
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
rmSync(join(bundle, '..'), { recursive: true, force: true });
if (args.table) writeFileSync(args.table, table.map((line) => `${line.join('\t')}\n`).join(''));
const failed = table.filter((line) => line[3] === 'failed');
for (const line of failed) console.error(line.join(' '));
process.exit(failed.length ? 1 : 0);
