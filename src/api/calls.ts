import { type ClientError, errors } from "../core/errors.ts";
import { findItems, findMember, isDeeperThan, jsonLevelsMax, skipSpace } from "../core/json.ts";
import { badField, encodeError } from "./encoding.ts";
import { type Eventually, whenThere } from "./eventually.ts";
import type { Caller } from "./keys.ts";
import { type createMethods, notFound } from "./methods.ts";
import type { Place } from "./payloads.ts";
import { type Answered, refuse } from "./push-methods.ts";
import { type Read, readRequest } from "./reading.ts";
import { isMethod, type Method, ownMethods } from "./requests.ts";

/** What a call came to: an answer, or a body that cannot be read, with the place of the mistake. */
export type Called = Answered | Malformed;

/** A request that cannot be read. */
interface Malformed {
  readonly ok: false;
  readonly malformed: string;
}

/** A call that was read, with others, before any of them is run. */
interface Ready {
  readonly ok: true;
  readonly name: string;
  /** Publishes of one body need not wait for each other: the broker keeps their order. */
  readonly isPublish: boolean;
  run(): Eventually<string>;
}

/**
 * Reads calls and runs them: one, a batch of them, or one a line. Of several each is read before the first is run, so
 * that nothing of a request that is refused has been done.
 */
export function createCalls(methods: ReturnType<typeof createMethods>) {
  const perform = (caller: Caller, name: Method, place: Place, request: object): Eventually<Answered> => {
    if (!isAllowed(caller, name, request)) return refuse(errors.permissionDenied);
    // The table pairs each method with the request that its schema reads: TypeScript cannot see that they agree.
    const method = methods[name] as (request: unknown, place: Place) => Eventually<Answered>;
    return method(request, place);
  };

  const one = (caller: Caller, name: Method, place: Place, request: unknown): Eventually<Called> => {
    const read = readRequest(name, request);
    if (!read.ok) return mistakeOf(name, read);
    return perform(caller, name, place, read.request);
  };

  /** A call among others; `encode` writes its answer. */
  const ready = (
    { caller, name, place, request }: { caller: Caller; name: string; place: Place; request: unknown },
    encode: (answer: Answered) => string,
  ): Ready | Malformed => {
    const said = (error: ClientError): Ready => ({
      ok: true,
      name,
      isPublish: false,
      run: () => encode(refuse(error)),
    });
    if (!isMethod(name)) return said(notFound);
    const read = readRequest(name, request);
    if (!read.ok) {
      const mistake = mistakeOf(name, read);
      return "malformed" in mistake ? mistake : said(mistake.error);
    }
    const run = () => whenThere(perform(caller, name, place, read.request), encode);
    return { ok: true, name, isPublish: name === "publish" || name === "broadcast", run };
  };

  /** One item of a batch: `{"publish": {...}}`. */
  const readyItem = (caller: Caller, place: Place, item: unknown): Ready | Malformed => {
    if (!isObject(item)) return { ok: true, name: "", isPublish: false, run: () => encodeError(errors.badRequest) };
    const name = Object.keys(item).find(isMethod) ?? "";
    const at = findMember(place.body, place.at, name)?.start ?? place.at;
    const encode = (answer: Answered) => (answer.ok ? `{"${name}":${answer.result}}` : encodeError(answer.error));
    return ready({ caller, name, place: { ...place, at }, request: item[name] }, encode);
  };

  const readyItems = (caller: Caller, place: Place, commands: readonly unknown[]): readonly Ready[] | Malformed => {
    const starts = findItems(place.body, findMember(place.body, place.at, "commands")?.start ?? place.at);
    const calls: Ready[] = [];
    for (const [index, command] of commands.entries()) {
      const call = readyItem(caller, { ...place, at: starts[index] ?? place.at }, command);
      if (!call.ok) return malformed(`commands.${index}.${call.malformed}`);
      calls.push(call);
    }
    return calls;
  };

  /** `{"commands": [...], "parallel"?}`; the answer is not wrapped in a result. */
  const batch = (caller: Caller, place: Place, request: unknown): Eventually<Called> => {
    const { commands = [], parallel } = isObject(request) ? request : { commands: null };
    if (!Array.isArray(commands)) return malformed("commands: expected a list");
    if (commands.length === 0) return { ok: true, result: "{}" };
    const calls = readyItems(caller, place, commands);
    if ("malformed" in calls) return calls;
    const replies = parallel === true ? Promise.all(calls.map((call) => call.run())) : inTurn(calls);
    return replies.then((all) => ({ ok: true, result: `{"replies":[${all.join(",")}]}` }));
  };

  /** One line of the older form: `{"id"?, "method", "params"}`. */
  const readyLine = (caller: Caller, body: string): Ready | Malformed => {
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
  };

  /** One command a line, one reply a line. */
  const lines = async (caller: Caller, body: string): Promise<Called> => {
    const calls: Ready[] = [];
    for (const [index, text] of body.split("\n").entries()) {
      if (text.trim() === "") continue;
      const call = readyLine(caller, text);
      if (!call.ok) return malformed(`line ${index + 1}: ${call.malformed}`);
      calls.push(call);
    }
    if (calls.length === 0) return malformed("the body is empty");
    // No line break at the end: cent.js would parse what comes after it.
    return { ok: true, result: (await inTurn(calls)).join("\n") };
  };

  return { one, batch, lines };
}

/** A body as JSON; undefined where it is none, or too deep to be taken. */
export function parse(body: string): unknown {
  if (isDeeperThan(body, jsonLevelsMax)) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/**
 * Runs one after the other. Publishes that follow each other are handed over together, and so committed together; what
 * comes after them waits until they are: who is disconnected after a publish has received it.
 */
async function inTurn(calls: readonly Ready[]): Promise<string[]> {
  const replies: Eventually<string>[] = [];
  for (const call of calls) {
    if (!call.isPublish) await Promise.all(replies);
    replies.push(call.run());
  }
  return Promise.all(replies);
}

function malformed(place: string): Malformed {
  return { ok: false, malformed: place };
}

/** What is said of a request that cannot be read: in a method of our own an error that names the field. */
function mistakeOf(name: Method, { malformed }: Extract<Read, { ok: false }>): Malformed | ReturnType<typeof refuse> {
  return ownMethods.has(name) ? refuse(badField(malformed)) : { ok: false, malformed };
}

function isAllowed(caller: Caller, method: Method, request: object): boolean {
  if (!caller.mayCall(method)) return false;
  if (caller.touchesAll) return true;
  const { channel, channels } = request as { channel?: string; channels?: readonly string[] };
  const touched = channels ?? (channel ? [channel] : []);
  return touched.every((name) => caller.mayTouch(name));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
