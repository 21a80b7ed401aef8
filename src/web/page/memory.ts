/** What the page remembers on this device: a name and a channel, never a token or a message. */
export type Remembered = "name" | "channel";

/** Null where nothing is kept, or where the browser keeps nothing for this page. */
export function recall(what: Remembered): string | null {
  try {
    return localStorage.getItem(`chorus.${what}`);
  } catch {
    return null;
  }
}

/** A browser that refuses to keep it costs a person some typing and nothing else. */
export function remember(what: Remembered, value: string): void {
  try {
    localStorage.setItem(`chorus.${what}`, value);
  } catch {
    // Storage is full or forbidden.
  }
}
