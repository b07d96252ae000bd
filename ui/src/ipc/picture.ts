// One message of the preview channel: when it was taken, and the JPEG.

const TIME_BYTES = 8;

export interface Picture {
  /** Milliseconds since 1970. */
  at: number;
  jpeg: Blob;
}

/** Reads `[f64 LE ms][JPEG]`; null when there is no picture in it. */
export function readPicture(message: ArrayBuffer): Picture | null {
  if (message.byteLength <= TIME_BYTES) return null;
  const at = new DataView(message).getFloat64(0, true);
  return { at, jpeg: new Blob([new Uint8Array(message, TIME_BYTES)], { type: "image/jpeg" }) };
}
