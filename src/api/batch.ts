import { errors } from "../core/errors.ts";
import { findItems, findMember, skipSpace } from "../core/json.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import { isObject } from "../core/object.ts";
import { type Called, type createCalls, type Malformed, parse, type Ready } from "./calls.ts";
import { badField, encodeError } from "./encoding.ts";
import type { Caller } from "./keys.ts";
import type { Place } from "./payloads.ts";
import { type Answered, refuse } from "./push-methods.ts";
import { readBatch } from "./reading.ts";
import { isMethod } from "./requests.ts";

type Calls = ReturnType<typeof createCalls>;

/**
 * Several commands in one request: in a batch, or one a line. Each is read before the first is run, so that nothing of a
 * request that is refused has been done. Of more than `max` commands none is run.
 */
export function createSeveral({ ready }: Pick<Calls, "ready">, max: number) {
  const tooMany = (what: string) => refuse(badField(`${what}: expected at most ${max}`));

  /** `{"commands": [...], "parallel"?}`; the answer is not wrapped in a result. */
  const batch = (caller: Caller, place: Place, request: unknown): MaybePromise<Called> => {
    const read = readBatch(request);
    if (!read.ok) return read;
    const { commands, parallel } = read.request;
    if (!commands || commands.length === 0) return { ok: true, result: "{}" };
    if (commands.length > max) return tooMany("commands");
    const calls = readItems(ready, caller, { place, commands });
    if ("malformed" in calls) return calls;
    const replies = parallel ? Promise.all(calls.map((call) => call.run())) : inTurn(calls);
    return replies.then((all) => ({ ok: true, result: `{"replies":[${all.join(",")}]}` }));
  };

  /** One command a line, one reply a line. */
  const lines = async (caller: Caller, body: string): Promise<Called> => {
    const calls: Ready[] = [];
    for (const [index, text] of body.split("\n").entries()) {
      if (text.trim() === "") continue;
      if (calls.length === max) return tooMany("lines");
      const call = readLine(ready, caller, text);
      if (!call.ok) return malformed(`line ${index + 1}: ${call.malformed}`);
      calls.push(call);
    }
    if (calls.length === 0) return malformed("the body is empty");
    // No line break at the end: cent.js would parse what comes after it.
    return { ok: true, result: (await inTurn(calls)).join("\n") };
  };

  return { batch, lines };
}

/** One item of a batch: `{"publish": {...}}`. A method that is null is not there, as in Centrifugo. */
function readItem(
  ready: Calls["ready"],
  { caller, place }: { caller: Caller; place: Place },
  item: unknown,
): Ready | Malformed {
  if (item === null) return { ok: true, name: "", isPublish: false, run: () => encodeError(errors.badRequest) };
  if (!isObject(item)) return malformed("expected an object");
  const name = Object.keys(item).find((key) => isMethod(key) && item[key] !== null) ?? "";
  const at = findMember(place.body, place.at, name)?.start ?? place.at;
  const encode = (answer: Answered) => (answer.ok ? `{"${name}":${answer.result}}` : encodeError(answer.error));
  const call = ready({ caller, name, place: { ...place, at }, request: item[name] }, encode);
  return call.ok ? call : malformed(placeIn(name, call.malformed));
}

function readItems(
  ready: Calls["ready"],
  caller: Caller,
  { place, commands }: { place: Place; commands: readonly unknown[] },
): readonly Ready[] | Malformed {
  const starts = findItems(place.body, findMember(place.body, place.at, "commands")?.start ?? place.at);
  const calls: Ready[] = [];
  for (const [index, command] of commands.entries()) {
    const call = readItem(ready, { caller, place: { ...place, at: starts[index] ?? place.at } }, command);
    if (!call.ok) return malformed(placeIn(`commands.${index}`, call.malformed));
    calls.push(call);
  }
  return calls;
}

/** One line of the older form: `{"id"?, "method", "params"}`. */
function readLine(ready: Calls["ready"], caller: Caller, body: string): Ready | Malformed {
  const request = parse(body);
  if (!isObject(request)) return malformed("expected a command");
  const { id, method: name, params } = request;
  if (typeof name !== "string") return malformed("method: expected a string");
  const start = skipSpace(body, 0);
  const place = { body, at: findMember(body, start, "params")?.start ?? start, caller };
  const head = typeof id === "number" && Number.isSafeInteger(id) && id > 0 ? `"id":${id},` : "";
  const encode = (answer: Answered) =>
    `{${head}${answer.ok ? `"result":${answer.result}` : encodeError(answer.error).slice(1, -1)}}`;
  return ready({ caller, name, place, request: params ?? {} }, encode);
}

/**
 * Runs one after the other. Publishes that follow each other are handed over together, and so committed together; what
 * comes after them waits until they are: who is disconnected after a publish has received it.
 */
async function inTurn(calls: readonly Ready[]): Promise<string[]> {
  const replies: MaybePromise<string>[] = [];
  for (const call of calls) {
    if (!call.isPublish) await Promise.all(replies);
    replies.push(call.run());
  }
  return Promise.all(replies);
}

/** `limit: expected a number`, or the words alone, below the place of the object in which it is. */
function placeIn(outer: string, mistake: string): string {
  return mistake.startsWith("expected") ? `${outer}: ${mistake}` : `${outer}.${mistake}`;
}

function malformed(place: string): Malformed {
  return { ok: false, malformed: place };
}
