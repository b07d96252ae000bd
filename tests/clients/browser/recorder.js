// Google's Live web console records like this: 2,048 samples of 16 bit at a time.
registerProcessor(
  'recorder',
  class extends AudioWorkletProcessor {
    samples = new Int16Array(2048);
    filled = 0;

    process([[channel] = []]) {
      for (const sample of channel ?? []) {
        this.samples[this.filled++] = sample * 32767;
        if (this.filled === this.samples.length) {
          this.port.postMessage(this.samples.slice().buffer);
          this.filled = 0;
        }
      }
      return true;
    }
  },
);
