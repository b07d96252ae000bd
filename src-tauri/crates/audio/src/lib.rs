//! Microphone and speaker: devices, rings, resampling, playback queue, meters.
