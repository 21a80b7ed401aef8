import type { Position } from "../../core/publication.ts";
import type { Appended, Message, StreamRead } from "../remote/engine.ts";

/** What the script `append` answers: three values for each entry; null where it is something else. */
export function appendedOf(answer: unknown): readonly Appended[] | null {
  if (!Array.isArray(answer)) return null;
  const appended: Appended[] = [];
  for (let index = 0; index + 2 < answer.length; index += 3) {
    const position = { offset: Number(answer[index]), epoch: String(answer[index + 1]) };
    const kind = Number(answer[index + 2]);
    appended.push({ position, isNew: kind > 0, ...(kind === 2 && { isFirstKept: true }) });
  }
  return appended;
}

/** What the script `read` answers; null where it is something else. */
export function readOf(answer: unknown): StreamRead | null {
  if (!Array.isArray(answer)) return null;
  const [epoch, top, ttl, entries]: unknown[] = answer;
  if (!Array.isArray(entries)) return null;
  const milliseconds = Number(ttl);
  return {
    epoch: String(epoch),
    top: Number(top),
    // Without a stream or without a time to live nothing of it goes.
    ttl: milliseconds < 0 ? Number.POSITIVE_INFINITY : milliseconds,
    entries: entries.map(([id, [, body]]: [string, [string, string]]) => ({ offset: Number.parseInt(id, 10), body })),
  };
}

/** What the script `tops` answers: two values for each stream; null where it is something else. */
export function topsOf(answer: unknown): readonly (Position | null)[] | null {
  if (!Array.isArray(answer)) return null;
  const tops: (Position | null)[] = [];
  for (let index = 0; index + 1 < answer.length; index += 2) {
    const epoch = String(answer[index]);
    tops.push(epoch === "" ? null : { epoch, offset: Number(answer[index + 1]) });
  }
  return tops;
}

/** A message: offset (with a plus sign where none was kept before it), blank, epoch, blank, body; null where it is not. */
export function messageOf(text: string): Message | null {
  const offsetEnd = text.indexOf(" ");
  const epochEnd = text.indexOf(" ", offsetEnd + 1);
  const offset = Number(text.slice(0, Math.max(offsetEnd, 0)));
  if (offsetEnd < 1 || epochEnd < 0 || !Number.isSafeInteger(offset)) return null;
  const message = { offset, epoch: text.slice(offsetEnd + 1, epochEnd), body: text.slice(epochEnd + 1) };
  return text.startsWith("+") ? { ...message, isFirstKept: true } : message;
}
