"""Runs WebRTC's audio processor (C++) on the recordings that our canceller is measured with.

Each file has four channels at 48 kHz: far end, microphone, its echo, its voice. Needs the package `livekit`.
usage: reference_apm.py FOLDER
"""

import array
import math
import sys
from pathlib import Path

from livekit.rtc import AudioFrame, AudioProcessingModule

RATE = 48_000
FRAME = RATE // 100


def process(far, microphone):
    apm = AudioProcessingModule(echo_cancellation=True, high_pass_filter=True)
    out = array.array("h")
    for at in range(0, len(microphone) - FRAME + 1, FRAME):
        played = AudioFrame(far[at : at + FRAME].tobytes(), RATE, 1, FRAME)
        heard = AudioFrame(microphone[at : at + FRAME].tobytes(), RATE, 1, FRAME)
        apm.process_reverse_stream(played)
        apm.set_stream_delay_ms(40)
        apm.process_stream(heard)
        out.extend(array.array("h", bytes(heard.data)))
    return out


def ratio_db(over, under, start, end):
    def energy(samples):
        return sum(s * s for s in samples[int(start * RATE) : int(end * RATE)]) + 1e-3

    return 10 * math.log10(energy(over) / energy(under))


def main():
    for path in sorted(Path(sys.argv[1]).glob("*.wav")):
        # Four channels have a longer header than Python's `wave` takes.
        _, data = path.read_bytes().split(b"data", 1)
        samples = array.array("h", data[4:])
        far, microphone, echo, voice = (samples[n::4] for n in range(4))
        out = process(far, microphone)
        end = len(out) / RATE
        if any(voice):
            print(f"WebRTC in C++, {path.stem}: the voice loses {ratio_db(voice, out, 9, end):.1f} dB")
        else:
            soon, settled = ratio_db(echo, out, 1.5, 3), ratio_db(echo, out, 4, min(end, 38))
            print(f"WebRTC in C++, {path.stem}: {soon:.1f} dB from 1.5 s, {settled:.1f} dB from 4 s")


main()
