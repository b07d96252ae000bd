// Which of the addresses that a server names may be opened. Pure.

/** Longest address that is one. */
const LONGEST = 4096;

/** Returns the page that may be opened in the browser: https, with a host, without user, password or invisible
    characters. Null for anything else. */
export function pageOf(uri: string): URL | null {
  // Checked before parsing: the parser accepts a missing host (`https:///etc/passwd`), backslashes and control
  // characters.
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
