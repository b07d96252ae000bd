// `node genai_weather.mjs VIVAVOCE`: @google/genai asks for the weather and answers the model's call.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { GoogleGenAI, Modality, Type } from '@google/genai';

const SCRIPT = `
[[turn]]
when = { text = "weather" }
do = [{ call = "get_weather", args = { location = "Oslo" } }, { say = "It rains in Oslo." }]
`;

const GET_WEATHER = {
  name: 'get_weather',
  description: 'Tells the weather.',
  parameters: { type: Type.OBJECT, properties: { location: { type: Type.STRING } } },
};

const folder = mkdtempSync(join(tmpdir(), 'live-'));
const script = join(folder, 'script.toml');
writeFileSync(script, SCRIPT);
const server = spawn(process.argv[2], ['serve', '--port', '0', '--script', script], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.once('exit', () => {
  server.kill();
  rmSync(folder, { recursive: true });
});

// `ready ws://127.0.0.1:41235`, or nothing if it could not start.
const ready = await new Promise((resolve, reject) => {
  createInterface({ input: server.stdout }).once('line', resolve);
  server.once('error', reject);
  server.once('exit', (status) => reject(new Error(`the server ended with status ${status}`)));
});
const baseUrl = ready.replace('ready ws:', 'http:');

const ai = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl } });
let said = '';
const called = [];
await new Promise((resolve, reject) => {
  const connecting = ai.live.connect({
    model: 'gemini-3.8-live',
    config: {
      responseModalities: [Modality.AUDIO],
      outputAudioTranscription: {},
      tools: [{ functionDeclarations: [GET_WEATHER] }],
    },
    callbacks: {
      async onmessage({ toolCall, serverContent }) {
        const session = await connecting;
        for (const { id, name, args } of toolCall?.functionCalls ?? []) {
          called.push(args);
          session.sendToolResponse({ functionResponses: [{ id, name, response: { output: 'rain' } }] });
        }
        said += serverContent?.outputTranscription?.text ?? '';
        if (serverContent?.turnComplete) resolve();
      },
      onclose: ({ code, reason }) => reject(new Error(`closed: ${code} ${reason}`)),
    },
  });
  connecting.then((session) => session.sendRealtimeInput({ text: "What's the weather in Oslo?" }), reject);
});

assert.deepEqual(called, [{ location: 'Oslo' }]);
assert.equal(said.trim(), 'It rains in Oslo.');
process.exit(0);
