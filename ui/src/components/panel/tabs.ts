// Arrow keys among tabs, in the direction of the text.

/** Returns the tab that a key leads to; null for other keys. */
export function nextTab<Tab>(tabs: readonly Tab[], from: Tab, key: string, rightToLeft: boolean): Tab | null {
  const at = tabs.indexOf(from);
  const forward = rightToLeft ? "ArrowLeft" : "ArrowRight";
  const backward = rightToLeft ? "ArrowRight" : "ArrowLeft";
  const to = { [forward]: at + 1, [backward]: at - 1, Home: 0, End: tabs.length - 1 }[key];
  return to === undefined ? null : (tabs[(to + tabs.length) % tabs.length] ?? null);
}
