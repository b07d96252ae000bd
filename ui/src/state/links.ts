// Addresses that a server names, and what of them may be opened. Pure.

/** Longest address that is one. */
const LONGEST = 4096;

/** The page that may be opened outside: https, a host, nobody's name or password, nothing invisible. Null when it is none. */
export function pageOf(uri: string): URL | null {
  // Before it is parsed: the parser forgives a missing host (`https:///etc/passwd`), backslashes and control characters.
  if (uri.length > LONGEST || !/^https:\/\/[^/\\?#@]+(?:[/?#]|$)/i.test(uri) || /[\s\\\p{Cc}\p{Cf}]/u.test(uri))
    return null;
  try {
    const page = new URL(uri);
    return page.protocol === "https:" && page.hostname !== "" && page.username === "" && page.password === ""
      ? page
      : null;
  } catch {
    return null;
  }
}

/** Where a query leads; Google asks for it to be shown as it came. */
export function searchPage(query: string): string {
  return `https://www.google.com/search?q=${encodeURIComponent(query.toWellFormed().slice(0, 1000))}`;
}
