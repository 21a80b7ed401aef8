import * as v from "valibot";
import { type ClientError, errors } from "../core/errors.ts";
import { findItems, findMember, isDeeperThan, jsonLevelsMax, skipSpace } from "../core/json.ts";
import type { Caller } from "./keys.ts";
import { type Answered, type createMethods, encodeError, notFound, type Place } from "./methods.ts";
import { isMethod, type Method, ownMethods, requests } from "./requests.ts";

/** What a call came to: an answer, or a body that cannot be read, with the place of the mistake. */
export type Called = Answered | { readonly ok: false; readonly malformed: string };

type Methods = ReturnType<typeof createMethods>;

/** Reads calls and runs them: one, a batch of them, or one a line. */
export function createCalls(methods: Methods) {
  const run = async (caller: Caller, name: string, place: Place, request: unknown): Promise<Called> => {
    if (!isMethod(name)) return { ok: false, error: notFound };
    const parsed = v.safeParse(requests[name], request);
    if (!parsed.success) {
      const malformed = whereOf(parsed.issues[0]);
      if (!ownMethods.has(name)) return { ok: false, malformed };
      return { ok: false, error: { code: errors.badRequest.code, message: `bad request: ${malformed}` } };
    }
    if (!isAllowed(caller, name, parsed.output)) return { ok: false, error: errors.permissionDenied };
    // The table pairs each method with the request that its schema reads: TypeScript cannot see that they agree.
    const method = methods[name] as (request: unknown, place: Place) => Answered | Promise<Answered>;
    return method(parsed.output, place);
  };

  /** One item of a batch: `{"publish": {...}}`. */
  const runItem = async (caller: Caller, { body, at }: Place, item: unknown): Promise<string> => {
    if (!isObject(item)) return encodeError(errors.badRequest);
    const name = Object.keys(item).find(isMethod);
    if (!name) return encodeError(notFound);
    const extent = findMember(body, at, name);
    const answer = await run(caller, name, { body, at: extent?.start ?? at, key: caller.name }, item[name]);
    if (!answer.ok) return encodeError("error" in answer ? answer.error : errors.badRequest);
    return `{"${name}":${answer.result}}`;
  };

  const batch = async (caller: Caller, place: Place, request: unknown): Promise<Called> => {
    const commands = isObject(request) ? (request["commands"] ?? []) : null;
    if (!Array.isArray(commands)) return { ok: false, malformed: "commands: expected a list" };
    if (commands.length === 0) return { ok: true, result: "{}" };
    const extent = findMember(place.body, place.at, "commands");
    const starts = findItems(place.body, extent?.start ?? place.at);
    const isParallel = isObject(request) && request["parallel"] === true;
    const item = (index: number) => runItem(caller, { ...place, at: starts[index] ?? 0 }, commands[index]);
    const replies = isParallel
      ? await Promise.all(commands.map((_, index) => item(index)))
      : await inTurn(commands, item);
    return { ok: true, result: `{"replies":[${replies.join(",")}]}` };
  };

  /** One line of the older form: `{"id"?, "method", "params"}`. */
  const line = async (caller: Caller, text: string): Promise<string | null> => {
    const request = parse(text);
    if (!isObject(request)) return null;
    const { id, method, params } = request;
    if (typeof method !== "string") return null;
    const extent = findMember(text, skipSpace(text, 0), "params");
    const place = { body: text, at: extent?.start ?? skipSpace(text, 0), key: caller.name };
    const answer = await run(caller, method, place, params ?? {});
    if (!answer.ok && "malformed" in answer) return null;
    const head = typeof id === "number" && id > 0 ? `"id":${id},` : "";
    const tail = answer.ok ? `"result":${answer.result}` : encodeError(answer.error).slice(1, -1);
    return `{${head}${tail}}`;
  };

  return { run, batch, line };
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

async function inTurn(items: readonly unknown[], run: (index: number) => Promise<string>): Promise<string[]> {
  const replies: string[] = [];
  for (let index = 0; index < items.length; index += 1) replies.push(await run(index));
  return replies;
}

function isAllowed(caller: Caller, method: Method, request: object): boolean {
  if (!caller.mayCall(method)) return false;
  const { channel, channels } = request as { channel?: string; channels?: readonly string[] };
  const touched = channels ?? (channel ? [channel] : []);
  return touched.every((name) => caller.mayTouch(name));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The place of a mistake and what was expected there. */
function whereOf(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)).join(".") ?? "";
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}

/** The status that an error has where the caller wants errors as statuses (`X-Centrifugo-Error-Mode: transport`). */
export function statusOf({ code }: ClientError): number {
  return statuses.get(code) ?? 400;
}

const statuses = new Map([
  [100, 500],
  [102, 404],
  [104, 404],
  [112, 416],
  [113, 409],
]);
