// A page that talks with `vivavoce serve` through Google's JavaScript SDK, as their Live web console does: a key in the
// page, a microphone in an AudioWorklet, pictures from a canvas, sound into an AudioContext.
//
// It gets its tasks from the server that serves it, and posts there how each went.

import * as newest from '@google/genai';
import * as consoles from 'console-genai';

const MORE_WITHIN = 40_000; // ms between two messages
const SCENARIO_WITHIN = 150_000; // ms

const SERVICE = {
  'gemini-3.8-live': { typedTurnCuts: true, heardWhole: true, voiceActivity: true, mediaChunks: false },
  'gemini-3.1-flash-live-preview': { typedTurnCuts: true, heardWhole: true, voiceActivity: true, mediaChunks: false },
  'gemini-2.5-flash-native-audio-latest': {
    typedTurnCuts: false,
    heardWhole: false,
    voiceActivity: false,
    mediaChunks: true,
  },
};

class Failed extends Error {}

function must(holds, otherwise) {
  if (!holds) throw new Failed(otherwise);
}

function base64(buffer) {
  let binary = '';
  for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Plays a file into a microphone, and passes on what a worklet records of it. */
class Microphone {
  static async open(take) {
    const context = new AudioContext({ sampleRate: 16_000 });
    await context.audioWorklet.addModule('recorder.js');
    const stream = context.createMediaStreamDestination();
    const recorder = new AudioWorkletNode(context, 'recorder');
    recorder.port.onmessage = ({ data }) => take(base64(data));
    context.createMediaStreamSource(stream.stream).connect(recorder);
    return new Microphone(context, stream);
  }

  constructor(context, stream) {
    this.context = context;
    this.stream = stream;
  }

  async say(file) {
    const sound = await this.context.decodeAudioData(await (await fetch(file)).arrayBuffer());
    const source = new AudioBufferSourceNode(this.context, { buffer: sound });
    source.connect(this.stream);
    source.start();
  }

  close() {
    this.context.close();
  }
}

async function jpeg() {
  const image = await createImageBitmap(await (await fetch('picture.jpg')).blob());
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext('2d').drawImage(image, 0, 0);
  const url = canvas.toDataURL('image/jpeg', 1.0);
  return url.slice(url.indexOf(',') + 1);
}

const WEATHER = {
  functionDeclarations: [
    {
      name: 'get_weather',
      description: 'Tells the weather.',
      parameters: {
        type: 'OBJECT',
        properties: { location: { type: 'STRING', description: 'A city.' } },
        required: ['location'],
      },
    },
  ],
};

/** A session and what came over it, as kinds with values. */
class Talk {
  seen = [];
  #wake = () => {};

  static async connect({ sdk, model, server }, more = {}) {
    const talk = new Talk();
    talk.player = new AudioContext({ sampleRate: 24_000 });
    const ai = new sdk.GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: server } });
    talk.session = await ai.live.connect({
      model: `models/${model}`,
      config: {
        responseModalities: ['AUDIO'],
        systemInstruction: { role: 'user', parts: [{ text: 'Answer in one sentence.' }] },
        inputAudioTranscription: {},
        outputAudioTranscription: {},
        ...more,
      },
      callbacks: {
        onmessage: (message) => talk.#take(message),
        onclose: (event) => talk.note('closed', `${event.code} ${event.reason}`),
        onerror: (event) => talk.note('error', event.message),
      },
    });
    return talk;
  }

  note(kind, value = null) {
    this.seen.push([kind, value]);
    this.#wake();
  }

  #take(message) {
    for (const call of message.toolCall?.functionCalls ?? []) this.note('call', call);
    if (message.goAway) this.note('goAway');
    const update = message.sessionResumptionUpdate;
    if (update?.resumable && update.newHandle) this.note('handle', update.newHandle);
    if (message.voiceActivity) this.note('voice', message.voiceActivity.voiceActivityType);
    const content = message.serverContent;
    if (content?.interrupted) this.note('interrupted');
    for (const part of content?.modelTurn?.parts ?? []) {
      if (part.inlineData) this.#play(part.inlineData.data);
      else if (part.thought) this.note('thought', part.text);
    }
    if (content?.outputTranscription?.text) this.note('said', content.outputTranscription.text);
    if (content?.inputTranscription?.text) this.note('heard', content.inputTranscription.text);
    if (content?.turnComplete) this.note('turn complete');
  }

  #play(data) {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const samples = Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32768);
    const buffer = this.player.createBuffer(1, samples.length, 24_000);
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(this.player, { buffer });
    source.connect(this.player.destination);
    source.start();
    this.note('audio', samples.length);
  }

  /** Waits for an entry of this kind; gives the index after it. */
  async until(kind, since = 0, holds = () => true) {
    for (let at = since; ; at++) {
      while (at >= this.seen.length) {
        let timer;
        const more = new Promise((resolve) => {
          this.#wake = () => resolve(true);
          timer = setTimeout(() => resolve(false), MORE_WITHIN);
        });
        must(await more, `no ${kind} after ${this.seen.slice(since).map(([k]) => k)}`);
        clearTimeout(timer);
      }
      const [found, value] = this.seen[at];
      must(found === kind || (found !== 'closed' && found !== 'error'), `${found}: ${value}`);
      if (found === kind && holds(value)) return at + 1;
    }
  }

  of(kind, since = 0, end = undefined) {
    return this.seen.slice(since, end).flatMap(([found, value]) => (found === kind ? [value] : []));
  }

  type(...parts) {
    this.session.sendClientContent({ turns: [{ role: 'user', parts }], turnComplete: true });
  }

  async reply(since = 0) {
    let end = await this.until('turn complete', since);
    while (!this.of('audio', since, end).length) [since, end] = [end, await this.until('turn complete', end)];
    must(!this.of('interrupted', since, end).length, 'the reply was cut');
    const said = this.of('said', since, end).join('').trim();
    must(said, 'no words of the reply');
    return [said, end];
  }

  close() {
    this.session.close();
    this.player.close();
  }
}

async function over(task, more, work) {
  const talk = await Talk.connect(task, more);
  try {
    return await work(talk);
  } finally {
    talk.close();
  }
}

/** With a microphone whose sound goes the way of the SDK's newest form, or of the console's. */
async function speaking(talk, inChunks, work) {
  const take = (data) => {
    const blob = { data, mimeType: 'audio/pcm;rate=16000' };
    talk.session.sendRealtimeInput(inChunks ? { media: blob } : { audio: blob });
  };
  const microphone = await Microphone.open(take);
  try {
    return await work(microphone);
  } finally {
    microphone.close();
  }
}

function understood(talk, service, since, end) {
  const pieces = talk.of('heard', since, end);
  must(/time/i.test(pieces.join('')), `heard as "${pieces.join('')}"`);
  must((pieces.length === 1) === service.heardWhole, `pieces of what was said: ${pieces}`);
  return pieces.join('').trim();
}

const sees = (said) => /320.*180/.test(said);

/** Each gives what is printed. */
const SCENARIOS = {
  text_turn: (task) =>
    over(task, {}, async (talk) => {
      talk.type({ text: 'Tell me a joke' });
      const [said] = await talk.reply();
      return said;
    }),

  spoken_turn: (task) =>
    over(task, {}, (talk) =>
      speaking(talk, false, async (microphone) => {
        await microphone.say('question-16k.wav');
        const [said, end] = await talk.reply();
        return `heard "${understood(talk, task.service, 0, end)}", said "${said}"`;
      }),
    ),

  // The console sends sound as mediaChunks, which 2.5 takes and 3.x refuses (mastra#18287).
  console_microphone: (task) =>
    over(task, {}, (talk) =>
      speaking(talk, true, async (microphone) => {
        await microphone.say('question-16k.wav');
        if (task.service.mediaChunks) {
          const [said] = await talk.reply();
          return `said "${said}"`;
        }
        await talk.until('closed');
        const [words] = talk.of('closed');
        must(
          words === '1007 realtime_input.media_chunks is deprecated. Use audio, video, or text instead.',
          `closed with ${words}`,
        );
        return `refused as by the service: ${words}`;
      }),
    ),

  barge_in: (task) =>
    over(task, {}, (talk) =>
      speaking(talk, false, async (microphone) => {
        talk.type({ text: 'What can you do?' });
        await talk.until('audio');
        const start = talk.seen.length;
        await microphone.say('question-16k.wav');
        const cut = await talk.until('interrupted', start);
        const voice = talk.of('voice', start, cut);
        // The console's version of the SDK does not know it.
        const told = task.service.voiceActivity && task.sdk === newest;
        must(Boolean(voice.length) === told, `voiceActivity before the cut: ${voice}`);
        await talk.until('turn complete', cut);
        const [said, end] = await talk.reply(cut);
        return `heard "${understood(talk, task.service, start, end)}", said "${said}"`;
      }),
    ),

  typed_barge_in: (task) =>
    over(task, {}, async (talk) => {
      talk.type({ text: 'What can you do?' });
      const start = await talk.until('audio');
      talk.type({ text: 'What is 2 + 3?' });
      const first = await talk.until('turn complete', start);
      const cut = talk.of('interrupted', start, first).length > 0;
      must(cut === task.service.typedTurnCuts, `the reply was ${cut ? 'cut' : 'finished'}`);
      const [said] = await talk.reply(first);
      must(said.includes('5'), `said "${said}"`);
      return said;
    }),

  function_call: (task) =>
    over(task, { tools: [WEATHER] }, async (talk) => {
      talk.type({ text: "What's the weather in Paris?" });
      const at = await talk.until('call');
      const [{ id, name, args }] = talk.of('call');
      must(name === 'get_weather' && JSON.stringify(args) === '{"location":"Paris"}', `called ${name} with ${args}`);
      talk.session.sendToolResponse({
        functionResponses: [{ id, name, response: { output: '17 degrees and rain' } }],
      });
      await talk.until('said', at, () => talk.of('said', at).join('').includes('17 degrees'));
      await talk.until('turn complete', at);
      return talk.of('said').join('').trim();
    }),

  picture: async (task) => {
    const data = await jpeg();
    const image = { data, mimeType: 'image/jpeg' };
    const inside = await over(task, {}, async (talk) => {
      talk.type({ inlineData: image }, { text: 'What do you see?' });
      return (await talk.reply())[0];
    });
    must(sees(inside), `inside the turn: said "${inside}"`);
    const typed = await over(task, {}, async (talk) => {
      talk.session.sendRealtimeInput({ video: image });
      talk.type({ text: 'What do you see?' });
      return (await talk.reply())[0];
    });
    // A clientContent turn does not see a frame of the camera (pydantic-ai tried it on the service).
    must(typed.includes('no picture'), `typed: said "${typed}"`);
    const spoken = await over(task, {}, (talk) =>
      speaking(talk, false, async (microphone) => {
        talk.session.sendRealtimeInput({ video: image });
        await microphone.say('look-16k.wav');
        return (await talk.reply())[0];
      }),
    );
    must(sees(spoken), `spoken: said "${spoken}"`);
    return `inside: "${inside}", typed: "${typed}", spoken: "${spoken}"`;
  },

  resumption: async (task) => {
    const server = await (await fetch('short-lived')).text();
    const short = { ...task, server };
    const handle = await over(short, { sessionResumption: {} }, async (talk) => {
      talk.type({ text: 'My name is Ada.' });
      await talk.reply();
      await talk.until('goAway');
      talk.session.close();
      await talk.until('closed');
      return talk.of('handle').at(-1);
    });
    must(handle, 'no handle');
    return over(short, { sessionResumption: { handle } }, async (talk) => {
      talk.type({ text: 'What is my name?' });
      const [said] = await talk.reply();
      must(said.includes('Ada'), `the session did not go on: "${said}"`);
      return said;
    });
  },
};

const { models, servers, atOnce, clients } = await (await fetch('tasks')).json();
const tasks = models.flatMap((model) =>
  Object.entries(clients).flatMap(([client, sdk]) =>
    Object.keys(SCENARIOS).map((scenario) => ({
      client,
      sdk: { newest, consoles }[sdk],
      model,
      scenario,
      server: servers.usual,
      service: SERVICE[model],
    })),
  ),
);

async function worker() {
  for (let task = tasks.shift(); task; task = tasks.shift()) {
    let verdict = 'ok';
    let words;
    try {
      const limit = new Promise((_, reject) => {
        setTimeout(() => reject(new Failed(`not over after ${SCENARIO_WITHIN / 1000} s`)), SCENARIO_WITHIN);
      });
      words = await Promise.race([SCENARIOS[task.scenario](task), limit]);
    } catch (error) {
      verdict = 'failed';
      words = error instanceof Failed ? error.message : `${error.name}: ${error.message}`;
    }
    const { client, model, scenario } = task;
    await fetch('result', { method: 'POST', body: JSON.stringify({ client, model, scenario, verdict, words }) });
  }
}

await Promise.all(Array.from({ length: atOnce }, worker));
await fetch('end', { method: 'POST' });
