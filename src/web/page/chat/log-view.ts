import { make, need } from "../dom.ts";
import { timeWords } from "../words.ts";

/** Entries that stay on the screen; the oldest goes when one more comes. */
const entriesMax = 500;
/** Bytes of files that stay reachable from the log; over it the oldest entries go. */
const fileBytesMax = 256 * 1024 * 1024;
/** So near to the end, in pixels, a person is taken to read along. */
const nearEndPx = 80;

/** Who an entry is from. */
export interface From {
  readonly mine: boolean;
  /** "" is someone. */
  readonly name: string;
  /** What else is known of the entry, in small print. */
  readonly detail?: string;
  /** It was said before the page was there, at a time that is not known. */
  readonly isEarlier?: boolean;
}

/** An own entry that may turn out not to have reached the channel. */
export interface SentEntry {
  notSent(): void;
}

/** Something that takes part in the log and holds on to memory until it is let go. */
export interface Kept {
  readonly bytes: number;
  release(): void;
}

/** The growing list of what was said and what happened. */
export interface LogView {
  /** A line of the page's own, in the middle. */
  note(words: string): void;
  /** A text, on the side of its sender. */
  text(from: From, text: string): SentEntry;
  /** Anything else from someone; `kept` is released when the entry leaves the log. */
  entry(from: From, body: HTMLElement, kept?: Kept): SentEntry;
}

/**
 * The log in `frame`. It follows the newest entry while a person reads at the end, and stays where it is while they read
 * further up.
 */
export function createLogView(frame: HTMLElement): LogView {
  const log = need(frame, ".log", HTMLElement);
  const newer = need(frame, ".newer", HTMLButtonElement);
  const entries: { readonly node: HTMLElement; readonly kept: Kept | undefined }[] = [];
  let fileBytes = 0;

  const isNearEnd = (): boolean => log.scrollHeight - log.scrollTop - log.clientHeight < nearEndPx;
  const toEnd = (): void => {
    log.scrollTop = log.scrollHeight;
    newer.hidden = true;
  };
  newer.addEventListener("click", toEnd);
  log.addEventListener("scroll", () => {
    if (isNearEnd()) newer.hidden = true;
  });

  const dropOldest = (): void => {
    const oldest = entries.shift();
    if (oldest === undefined) return;
    oldest.node.remove();
    fileBytes -= oldest.kept?.bytes ?? 0;
    oldest.kept?.release();
  };

  const add = (node: HTMLElement, { kept, follow }: { kept?: Kept | undefined; follow: boolean }): void => {
    const wasNearEnd = isNearEnd();
    log.append(node);
    entries.push({ node, kept });
    fileBytes += kept?.bytes ?? 0;
    while (entries.length > entriesMax || (fileBytes > fileBytesMax && entries.length > 1)) dropOldest();
    if (follow || wasNearEnd) toEnd();
    else newer.hidden = false;
    // A picture has its height only once it is decoded.
    node.addEventListener("load", () => wasNearEnd && newer.hidden && toEnd(), { capture: true });
  };

  const entry = (from: From, body: HTMLElement, kept?: Kept): SentEntry => {
    body.classList.add("bubble");
    const head = header(from);
    const article = make("article", { class: from.mine ? "entry mine" : "entry", children: [head, body] });
    add(article, { kept, follow: from.mine });
    return {
      notSent() {
        if (article.classList.contains("not-sent")) return;
        article.classList.add("not-sent");
        head.append(make("strong", { text: "not sent" }));
      },
    };
  };

  return {
    note: (words) => add(make("p", { class: "note", text: `${words} · ${timeWords(new Date())}` }), { follow: false }),
    text: (from, text) => entry(from, make("p", { text })),
    entry,
  };
}

function header({ mine, name, detail, isEarlier = false }: From): HTMLElement {
  const time = isEarlier ? make("span", { text: "earlier" }) : timeNow();
  // bdi: a name of another direction must not turn the line around.
  const who = make("bdi", { class: "who", text: mine ? "You" : name === "" ? "Someone" : name });
  const details = detail === undefined ? [] : [make("span", { text: detail })];
  return make("div", { class: "from", children: [who, time, ...details] });
}

function timeNow(): HTMLElement {
  const time = make("time", { text: timeWords(new Date()) });
  time.dateTime = new Date().toISOString();
  return time;
}
