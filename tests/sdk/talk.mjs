// Conversations with `vivavoce serve` through Google's unchanged JavaScript SDK.
//
// `node talk.mjs VIVAVOCE SOUNDS`: the program, and the folder with the spoken question. The scenarios run at the same
// time, each over its own connections. Exits with 0 if all pass, else prints what failed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Behavior, Modality, Type } from '@google/genai';

import { Failed, Partner, must, within } from './partner.mjs';

const MODEL = 'gemini-3.8-live';
const SCENARIO_WITHIN = 240_000; // ms; one takes ten to twenty seconds
const CONNECTION_LIMIT = 16; // seconds that a connection to the short-lived server may last; goAway comes at half of it
const KEY = 'the-right-key';

/** A connected session and its messages. */
class Talk {
  #messages = [];
  #closed = null;
  #wake = () => {};

  /** Rejects with the SDK's error if the server refuses. */
  static async connect(partner, { model = MODEL, key, apiVersion, ...more } = {}) {
    const talk = new Talk();
    const callbacks = {
      onmessage: (message) => {
        talk.#messages.push(message);
        talk.#wake();
      },
      onclose: (event) => {
        talk.#closed = event;
        talk.#wake();
      },
    };
    const config = {
      responseModalities: [Modality.AUDIO],
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
      systemInstruction: 'Answer in one sentence.',
      inputAudioTranscription: {},
      outputAudioTranscription: {},
      ...more,
    };
    talk.session = await partner.client(key, apiVersion).live.connect({ model, config, callbacks });
    return talk;
  }

  /** The next message, or the close event. */
  async next() {
    while (this.#messages.length === 0 && !this.#closed) {
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift() ?? { closed: this.#closed };
  }

  /** Reads on until a message has this; all of them are part of `turn`. */
  async until(found, turn = new Turn()) {
    for (;;) {
      const message = await this.next();
      if (message.closed) {
        throw new Failed(`closed with ${message.closed.code} ${message.closed.reason}`);
      }
      turn.take(message);
      const there = found(message);
      if (there) return there;
    }
  }

  async turn() {
    const turn = new Turn();
    await this.until(() => turn.isComplete, turn);
    return turn;
  }

  ask(text) {
    this.session.sendClientContent({ turns: [{ role: 'user', parts: [{ text }] }], turnComplete: true });
  }

  /** As fast as it is taken: the server counts samples and not seconds. */
  speak({ rate, pcm }) {
    const all = Buffer.concat([pcm, Buffer.alloc(2 * Math.floor(rate * 1.2))]);
    const step = 2 * (rate / 50);
    for (let at = 0; at < all.length; at += step) {
      const data = all.subarray(at, at + step).toString('base64');
      this.session.sendRealtimeInput({ audio: { data, mimeType: `audio/pcm;rate=${rate}` } });
    }
  }

  close() {
    this.session.close();
  }
}

/** What came until the end of a turn. */
class Turn {
  audio = [];
  said = '';
  heard = '';
  order = [];
  modalities = new Set();

  take(message) {
    for (const detail of message.usageMetadata?.promptTokensDetails ?? []) this.modalities.add(detail.modality);
    const content = message.serverContent;
    for (const { inlineData } of content?.modelTurn?.parts ?? []) {
      if (!inlineData?.data) continue;
      must(inlineData.mimeType === 'audio/pcm;rate=24000', `audio as ${inlineData.mimeType}`);
      this.audio.push(Buffer.from(inlineData.data, 'base64'));
      this.#mark('audio');
    }
    this.said += content?.outputTranscription?.text ?? '';
    this.heard += content?.inputTranscription?.text ?? '';
    for (const what of ['interrupted', 'generationComplete', 'turnComplete']) {
      if (content?.[what]) this.#mark(what);
    }
  }

  #mark(what) {
    if (this.order.at(-1) !== what) this.order.push(what);
  }

  get isComplete() {
    return this.order.includes('turnComplete');
  }

  mustBe(order) {
    must(this.order.join() === order.join(), `the order was ${this.order}`);
    return this;
  }

  mustBeWhole() {
    this.mustBe(['audio', 'generationComplete', 'turnComplete']);
    const pcm = Buffer.concat(this.audio);
    must(pcm.length >= 24_000, `only ${pcm.length / 2} samples of audio`);
    let peak = 0;
    for (let at = 0; at < pcm.length; at += 2) peak = Math.max(peak, Math.abs(pcm.readInt16LE(at)));
    must(peak > 1000, 'the audio is silence');
    must(this.said.trim(), 'no output transcription');
    return this;
  }

  mustBeUnderstood() {
    this.mustBeWhole();
    must(/time/i.test(this.heard), `the question was heard as "${this.heard}"`);
    return `heard "${this.heard.trim()}", said "${this.said.trim()}"`;
  }
}

/** The samples of a WAV file as our own program writes it: mono, 16 bit, one chunk of data behind 44 bytes. */
function sound(file) {
  const wav = readFileSync(file);
  must(wav.readUInt16LE(22) === 1 && wav.toString('latin1', 36, 40) === 'data', `${file} is another kind of WAV`);
  return { rate: wav.readUInt32LE(24), pcm: wav.subarray(44) };
}

const WEATHER = {
  functionDeclarations: [
    {
      name: 'get_weather',
      description: 'Tells the weather.',
      behavior: Behavior.BLOCKING, // 3.8 goes on talking otherwise
      parameters: {
        type: Type.OBJECT,
        properties: { location: { type: Type.STRING, description: 'A city.' } },
        required: ['location'],
      },
    },
  ],
};

async function called(talk) {
  talk.ask("What's the weather in Paris?");
  const [call, ...others] = await talk.until((message) => message.toolCall?.functionCalls);
  must(others.length === 0 && call.name === 'get_weather' && call.id, `called: ${JSON.stringify(call)}`);
  must(JSON.stringify(call.args) === '{"location":"Paris"}', `called with ${JSON.stringify(call.args)}`);
  return call;
}

async function refused(partner, how) {
  let talk;
  try {
    talk = await Talk.connect(partner, how);
  } catch (error) {
    return error.message;
  }
  talk.close();
  throw new Failed('the connection was taken');
}

/** Each gives what is printed. */
function scenarios({ usual, locked, short }, question) {
  /** Talks over one connection, which is closed in any case. */
  async function over(partner, how, work) {
    const talk = await Talk.connect(partner, how);
    try {
      return await work(talk);
    } finally {
      talk.close();
    }
  }

  return {
    textTurn: () =>
      over(usual, {}, async (talk) => {
        talk.ask('Tell me a joke');
        const turn = (await talk.turn()).mustBeWhole();
        return `${(Buffer.concat(turn.audio).length / 48_000).toFixed(1)} s of audio, said "${turn.said.trim()}"`;
      }),

    spokenTurn: () =>
      over(usual, {}, async (talk) => {
        talk.speak(question);
        return (await talk.turn()).mustBeUnderstood();
      }),

    markedTurn: () =>
      over(usual, { realtimeInputConfig: { automaticActivityDetection: { disabled: true } } }, async (talk) => {
        talk.session.sendRealtimeInput({ activityStart: {} });
        talk.speak(question);
        talk.session.sendRealtimeInput({ activityEnd: {} });
        return (await talk.turn()).mustBeUnderstood();
      }),

    bargeIn: () =>
      over(usual, {}, async (talk) => {
        talk.ask('What can you do?');
        const brokenOff = new Turn();
        await talk.until(() => brokenOff.audio.length, brokenOff);
        talk.speak(question);
        await talk.until(() => brokenOff.isComplete, brokenOff);
        // generationComplete would mean that nothing was left to be broken off
        brokenOff.mustBe(['audio', 'interrupted', 'turnComplete']);
        const answer = await talk.turn();
        answer.mustBeUnderstood();
        return `broken off after "${brokenOff.said.trim()}", then said "${answer.said.trim()}"`;
      }),

    functionCall: () =>
      over(usual, { tools: [WEATHER] }, async (talk) => {
        const { id, name } = await called(talk);
        talk.session.sendToolResponse({ functionResponses: [{ id, name, response: { output: '17 degrees and rain' } }] });
        const turn = (await talk.turn()).mustBeWhole();
        must(turn.said.includes('17 degrees'), `the answer was not said: "${turn.said}"`);
        return `said "${turn.said.trim()}"`;
      }),

    cancelledCall: () =>
      over(usual, { tools: [WEATHER] }, async (talk) => {
        const call = await called(talk);
        talk.ask('Never mind. Tell me a joke.');
        const ids = await talk.until((message) => message.toolCallCancellation?.ids);
        must(ids.join() === call.id, `cancelled: ${ids} of ${call.id}`);
        (await talk.turn()).mustBe(['interrupted', 'turnComplete']);
        (await talk.turn()).mustBeWhole();
        return 'cancelled by the next words';
      }),

    videoFrame: () =>
      over(usual, {}, async (talk) => {
        const data = readFileSync(join(import.meta.dirname, 'picture.jpg')).toString('base64');
        talk.session.sendRealtimeInput({ video: { data, mimeType: 'image/jpeg' } });
        // Realtime input is not ordered against clientContent, so this goes the picture's way.
        talk.session.sendRealtimeInput({ text: 'What do you see?' });
        const turn = (await talk.turn()).mustBeWhole();
        must(/320.*180/.test(turn.said), `the picture's size was not said: "${turn.said}"`);
        must(turn.modalities.has('VIDEO'), `counted: ${[...turn.modalities]}`);
        return `said "${turn.said.trim()}"`;
      }),

    goAwayAndResumption: async () => {
      const [left, handle] = await over(short, { sessionResumption: {} }, async (talk) => {
        let timeLeft;
        let newest;
        talk.ask('My name is Ada.');
        await talk.until((message) => {
          timeLeft ??= message.goAway?.timeLeft;
          const update = message.sessionResumptionUpdate;
          if (update?.resumable && update.newHandle) newest = update.newHandle;
          return timeLeft && newest;
        });
        const early = await refused(short, { sessionResumption: { handle: newest } });
        must(early.includes('(code 1011)'), `resumed while the old connection stood: ${early}`);
        talk.close();
        await talk.until(() => false).catch(() => {});
        return [timeLeft, newest];
      });
      const said = await over(short, { sessionResumption: { handle } }, async (talk) => {
        talk.ask('What is my name?');
        return (await talk.turn()).mustBeWhole().said;
      });
      must(said.includes('Ada'), `the session did not go on: "${said}"`);
      const stale = await refused(short, { sessionResumption: { handle: 'never-given-out' } });
      must(/code 1008.*session not found/.test(stale), `a handle of nobody: ${stale}`);
      return `${left} before the end, then said "${said.trim()}"`;
    },

    endOfAConnection: async () => {
      const talk = await Talk.connect(short);
      for (;;) {
        const { closed } = await talk.next();
        if (!closed) continue;
        must(closed.code === 1011 && closed.reason.startsWith('Deadline expired'), `${closed.code} ${closed.reason}`);
        return `${closed.code} ${closed.reason}`;
      }
    },

    rightKey: () => over(locked, { key: KEY }, async () => 'taken'),

    wrongKey: async () => {
      const words = await refused(locked, { key: 'another-key' });
      must(/code 1007.*API key not valid/.test(words), `refused with ${words}`);
      return words;
    },

    unknownModel: async () => {
      const words = await refused(usual, { model: 'gemini-9-live' });
      must(/code 1008.*models\/gemini-9-live is not found for API version v1/.test(words), `refused with ${words}`);
      return words;
    },

    models: async () => {
      const { models } = usual.client();
      const listed = [];
      for await (const model of await models.list()) listed.push(model);
      const names = listed.map(({ name }) => name);
      must(names.includes(`models/${MODEL}`), `listed: ${names}`);
      const live = listed.every(({ supportedActions }) => supportedActions.includes('bidiGenerateContent'));
      must(live, `not all are live: ${JSON.stringify(listed)}`);
      const one = await models.get({ model: MODEL });
      must(one.name === `models/${MODEL}`, `alone it is ${JSON.stringify(one)}`);
      return `${names.length}: ${names.join(', ')}`;
    },

    ephemeralToken: async () => {
      const config = { uses: 1, liveConnectConstraints: { model: MODEL, config: { outputAudioTranscription: {} } } };
      const { name: key } = await usual.client(undefined, 'v1alpha').authTokens.create({ config });
      // The locked model counts, whatever the session asks for.
      const said = await over(usual, { key, apiVersion: 'v1alpha', model: 'gemini-9-live' }, async (talk) => {
        talk.ask('Tell me a joke');
        return (await talk.turn()).mustBeWhole().said;
      });
      const words = await refused(usual, { key, apiVersion: 'v1alpha' });
      must(/code 1008/.test(words), `refused with ${words}`);
      return `said "${said.trim()}", then refused: ${words}`;
    },
  };
}

async function main(program, sounds) {
  // A key, a proxy or a version of whoever runs this is not the test's.
  for (const name of Object.keys(process.env)) {
    if (/_PROXY$/i.test(name) || /^(GEMINI|GOOGLE)_/.test(name)) delete process.env[name];
  }
  const question = sound(join(sounds, 'question.wav'));
  const usual = await Partner.start(program);
  const locked = await Partner.start(program, '--key', KEY);
  const short = await Partner.start(program, '--connection-limit', String(CONNECTION_LIMIT));
  const all = Object.entries(scenarios({ usual, locked, short }, question));
  const failed = [];
  await Promise.all(
    all.map(async ([name, scenario]) => {
      try {
        console.log(`${name}: ${await within(SCENARIO_WITHIN, scenario(), name)}`);
      } catch (error) {
        failed.push(`${name}: ${error instanceof Failed ? error.message : error.stack}`);
      }
    }),
  );
  for (const partner of [usual, locked, short]) partner.stop();
  for (const words of failed) console.error(`sdk (JavaScript): ${words}`);
  return failed.length ? 1 : 0;
}

// At once: a scenario that hangs must not keep the process.
process.exit(await main(...process.argv.slice(2)));
