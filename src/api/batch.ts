import * as v from "valibot";
import { badField, errors } from "../core/errors.ts";
import { joined } from "../core/joined.ts";
import { findItems, findMember, skipSpace } from "../core/json.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import { isObject } from "../core/object.ts";
import { type Result, refuse } from "../core/result.ts";
import { readWith } from "../operations/schema.ts";
import { encodeError } from "./encoding.ts";
import { fields, flag } from "./fields.ts";
import { invoke, type Malformed, malformed, type Outcome, parseJson, readRequest } from "./invocation.ts";
import { chargeItems } from "./keys.ts";
import { type Call, type Method, type MethodPorts, notFound } from "./method.ts";
import { methodNamed, methods } from "./methods.ts";
import { runSteps, type Step } from "./steps.ts";

/** A batch: each command is an object with one method and its request. */
export const batchRequest = fields({
  commands: v.optional(v.nullable(v.array(v.unknown(), "expected a list"))),
  parallel: flag("Whether the commands need not wait for each other; the replies are in their order all the same."),
});

/** What a batch is read and run with. */
export interface BatchPorts extends MethodPorts {
  /** Commands of one batch, or lines, at the most. */
  readonly commandsMax: number;
}

/**
 * Runs the commands of one request. Each is read before the first is run, so that nothing of a refused request has been
 * done.
 */
export async function runBatch(request: unknown, call: Call, ports: BatchPorts): Promise<Outcome> {
  const read = readWith(batchRequest, request);
  if (!read.ok) return malformed(read.error);
  const { commands, parallel } = read.value;
  if (!commands || commands.length === 0) return { ok: true, value: "{}" };
  if (commands.length > ports.commandsMax) return tooMany("commands", ports);
  chargeItems(call.caller, commands.length, ports.rateLimit);
  const starts = findItems(call.body, findMember(call.body, call.at, "commands")?.start ?? call.at);
  const steps: Step[] = [];
  let mistake: Malformed | null = null;
  await ports.slices.each(commands.entries(), ([index, command]) => {
    const step = readCommand(command, { ...call, at: starts[index] ?? call.at });
    if (step.ok) steps.push(step);
    else mistake = malformed(within(`commands.${index}`, step.malformed));
    return step.ok;
  });
  if (mistake) return mistake;
  const replies = await runSteps(steps, { ...ports, isParallel: parallel });
  return { ok: true, value: `{"replies":[${joined(replies, ",")}]}` };
}

/** The older form: a command a line, `{"id"?, "method", "params"}`, and a reply a line. */
export async function runLines(call: Call, ports: BatchPorts): Promise<Outcome> {
  const steps: Step[] = [];
  let refusal: Outcome | null = null;
  await ports.slices.each(call.body.split("\n").entries(), ([index, text]) => {
    if (text.trim() === "") return true;
    const step = readLine({ ...call, body: text });
    if (steps.length === ports.commandsMax) refusal = tooMany("lines", ports);
    else if (step.ok) steps.push(step);
    else refusal = malformed(`line ${index + 1}: ${step.malformed}`);
    return refusal === null;
  });
  if (refusal) return refusal;
  if (steps.length === 0) return malformed("the body is empty");
  chargeItems(call.caller, steps.length, ports.rateLimit);
  // No line break at the end: cent.js would parse what comes after it.
  const replies = await runSteps(steps, { ...ports, isParallel: false });
  return { ok: true, value: joined(replies, "\n") };
}

function tooMany(what: string, { commandsMax }: BatchPorts): Outcome {
  return refuse(badField(`${what}: expected at most ${commandsMax}`));
}

/** One command of a batch: `{"publish": {...}}`. A method that is null is not there, as in Centrifugo. */
function readCommand(command: unknown, call: Call): Step | Malformed {
  if (command === null) return fixed(encodeError(errors.badRequest));
  if (!isObject(command)) return malformed("expected an object");
  const method = methods.find(({ name }) => Object.hasOwn(command, name) && command[name] !== null);
  if (!method) return fixed(encodeError(notFound));
  const { name } = method;
  const at = findMember(call.body, call.at, name)?.start ?? call.at;
  const step = prepare(method, { request: command[name], call: { ...call, at } }, (result) =>
    result.ok ? `{"${name}":${result.value}}` : encodeError(result.error),
  );
  return step.ok ? step : malformed(within(name, step.malformed));
}

function readLine(call: Call): Step | Malformed {
  const command = parseJson(call.body);
  if (!isObject(command)) return malformed("expected a command");
  const { id, method: name, params } = command;
  if (typeof name !== "string") return malformed("method: expected a string");
  const head = typeof id === "number" && Number.isSafeInteger(id) && id > 0 ? `"id":${id},` : "";
  const encode = (result: Result<string>) =>
    `{${head}${result.ok ? `"result":${result.value}` : encodeError(result.error).slice(1, -1)}}`;
  const method = methodNamed(name);
  if (!method) return fixed(encode(refuse(notFound)));
  const start = skipSpace(call.body, 0);
  const at = findMember(call.body, start, "params")?.start ?? start;
  return prepare(method, { request: params ?? {}, call: { ...call, at } }, encode);
}

/** Reads a command; `encode` writes its reply. */
function prepare(
  method: Method,
  { request, call }: { readonly request: unknown; readonly call: Call },
  encode: (result: Result<string>) => string,
): Step | Malformed {
  const read = readRequest(method, request);
  if (!read.ok) return "malformed" in read ? read : fixed(encode(read));
  const run = (): MaybePromise<string> => then(invoke(method, read, call), encode);
  return { ok: true, isPublish: method.kind === "publish", run };
}

/** A command whose reply is known already. */
function fixed(reply: string): Step {
  return { ok: true, isPublish: false, run: () => reply };
}

/** The place of a mistake in the object `outer`. */
function within(outer: string, mistake: string): string {
  return mistake.startsWith("expected") ? `${outer}: ${mistake}` : `${outer}.${mistake}`;
}
