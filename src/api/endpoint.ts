import type { Clock } from "../core/clock.ts";
import type { ClientError } from "../core/errors.ts";
import { isDeeperThan, jsonLevelsMax, skipSpace } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import type { Timers } from "../core/timers.ts";
import { Bodies, type Unread } from "../http/bodies.ts";
import { answer, lateBody, notFound, shuttingDown } from "../http/responses.ts";
import type { Endpoint } from "../http/routes.ts";
import { type Counters, countIn } from "../metrics/counters.ts";
import { type BatchPorts, runBatch, runLines } from "./batch.ts";
import { encodeError } from "./encoding.ts";
import { invoke, malformed, type Outcome, parseJson, readRequest } from "./invocation.ts";
import { type Caller, isWithinRate, type Keys } from "./keys.ts";
import type { Call, Method } from "./method.ts";
import { methods } from "./methods.ts";
import { AnswerRoom } from "./room.ts";

/** What the API's endpoint needs. */
export interface ApiPorts extends BatchPorts {
  readonly keys: Keys;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly counters: Counters;
  /** Bytes of a body at the most. */
  readonly bodyMax: number;
  /** Bytes of an answer at the most. */
  readonly answerMax: number;
  /** Errors are HTTP statuses for every request, not only for those with `X-Centrifugo-Error-Mode: transport`. */
  readonly transportErrors: boolean;
  /** The path, without a slash at its end: `/api`. */
  readonly prefix: string;
  isDraining(): boolean;
}

/** The target of a path below the prefix: a method, a batch, or lines. */
interface Target {
  /** The label in metrics and in the log. */
  readonly name: string;
  /** It changes nothing and goes on during a drain. */
  readonly isRead: boolean;
  /** Its answer is not wrapped in a result. */
  readonly isBare: boolean;
  run(call: Call): MaybePromise<Outcome>;
}

/** Milliseconds that a body may take to arrive: a megabyte over a slow line. */
const bodyTimeout = 10_000;

/** Made once: a Response takes it faster than an object (0.1 us, measured). */
const json = { headers: new Headers({ "Content-Type": "application/json" }) };

/** The room of an answer that is never long. */
const anyRoom = new AnswerRoom(Number.POSITIVE_INFINITY);

/**
 * `POST /api/<method>`: the name is checked first, then the HTTP method, then the key, then the body, as in Centrifugo.
 * The content type does not count. From here to the answer of a publish with history in memory it takes 7 us more than in
 * a bare Bun server that reads, parses and answers (measured).
 */
export function createApi(ports: ApiPorts): Endpoint {
  const { keys, clock, log, counters, rateLimit, prefix } = ports;
  const targets = targetsOf(ports);
  const bodies = new Bodies(ports, bodyTimeout);

  /** Counts and logs a request that is not run. */
  const refuse = (response: Response, method = "", key = ""): Response => {
    countIn(counters.apiRefused, response.status);
    log.debug("api.refused", { status: response.status, method, key });
    return response;
  };

  const refusalOf = (request: Request, caller: Caller, target: Target): Response | null => {
    if (rateLimit > 0 && !isWithinRate(caller, clock.monotonic(), rateLimit)) {
      return answer(429, "Too many requests with this key.", { "Retry-After": "1" });
    }
    if (ports.isDraining() && !target.isRead) return shuttingDown();
    if (Number(request.headers.get("content-length")) > ports.bodyMax) return tooLarge(ports.bodyMax);
    if (isEncoded(request.headers)) return answer(415, "Send the body without a Content-Encoding.");
    return null;
  };

  const respond = (request: Request, outcome: Outcome, { target, caller }: { target: Target; caller: Caller }) => {
    if (outcome.ok) return new Response(target.isBare ? outcome.value : `{"result":${outcome.value}}`, json);
    if ("malformed" in outcome) {
      return refuse(answer(400, `Bad Request\n${outcome.malformed}`), target.name, caller.name);
    }
    const body = encodeError(outcome.error);
    const isStatus = ports.transportErrors || request.headers.get("x-centrifugo-error-mode") === "transport";
    if (!isStatus) return new Response(body, json);
    return new Response(body.slice('{"error":'.length, -1), { status: statusOf(outcome.error), headers: json.headers });
  };

  const run = (request: Request, caller: Caller, target: Target): Promise<Response> => {
    countIn(counters.apiCalls, target.name);
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    bodies.text(request, ports.bodyMax, (body) => {
      if (typeof body !== "string") {
        return resolve(refuse(unreadable(body.unread, ports.bodyMax), target.name, caller.name));
      }
      const room = target.isRead || target.isBare ? new AnswerRoom(ports.answerMax) : anyRoom;
      try {
        const outcome = target.run({ body, at: skipSpace(body, 0), caller, room, ports });
        resolve(then(outcome, (known) => respond(request, known, { target, caller })));
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  };

  return (request, _server, { path, query }) => {
    const target = targets.get(path.slice(prefix.length));
    if (!target) return refuse(notFound());
    if (request.method !== "POST") return refuse(new Response(null, { status: 405, headers: { Allow: "POST" } }));
    const caller = keys.callerOf(request.headers, query);
    if (!caller) return refuse(new Response(null, { status: 401 }));
    const refusal = refusalOf(request, caller, target);
    return refusal ? refuse(refusal, target.name, caller.name) : run(request, caller, target);
  };
}

/** By the rest of the path. */
function targetsOf(ports: ApiPorts): ReadonlyMap<string, Target> {
  const lines: Target = { name: "lines", isRead: false, isBare: true, run: (call) => runLines(call, ports) };
  const batch: Target = {
    name: "batch",
    isRead: false,
    isBare: true,
    run(call) {
      const request = parseJson(call.body);
      return request === undefined ? malformed(mistakeIn(call.body)) : runBatch(request ?? {}, call, ports);
    },
  };
  return new Map([
    ["", lines],
    ["/", lines],
    [`/${batch.name}`, batch],
    ...methods.map((method) => [`/${method.name}`, targetOf(method)] as const),
  ]);
}

function targetOf(method: Method): Target {
  return {
    name: method.name,
    isRead: method.kind === "read",
    isBare: false,
    run(call) {
      const request = parseJson(call.body);
      if (request === undefined) return malformed(mistakeIn(call.body));
      // As recorded: a body that is null is a request without fields.
      const read = readRequest(method, request ?? {});
      return read.ok ? invoke(method, read, call) : read;
    },
  };
}

function mistakeIn(body: string): string {
  if (body.trim() === "") return "the body is empty";
  return isDeeperThan(body, jsonLevelsMax) ? `the body has more than ${jsonLevelsMax} levels` : "the body is no JSON";
}

/** Whether the body is encoded: `identity` is the word for none (RFC 9110 8.4 and 12.5.3), an empty list is none. */
function isEncoded(headers: Headers): boolean {
  const codings = headers.get("content-encoding")?.toLowerCase().split(",") ?? [];
  return codings.some((coding) => !["", "identity"].includes(coding.trim()));
}

/** Without `Connection: close`: the runtime reads to the end of the body, so that its sender comes to read the answer. */
function tooLarge(bytes: number): Response {
  return answer(413, `The body may have ${bytes} bytes at the most.`);
}

function unreadable(why: Unread, bytesMax: number): Response {
  if (why === "large") return tooLarge(bytesMax);
  return why === "late" ? lateBody() : answer(400, "Bad Request\nthe body could not be read", { Connection: "close" });
}

/** The status of an error where errors are statuses (`X-Centrifugo-Error-Mode: transport`). */
function statusOf({ code }: ClientError): number {
  return statuses.get(code) ?? 400;
}

const statuses = new Map([
  [100, 500],
  [102, 404],
  [103, 403],
  [104, 404],
  [112, 416],
]);
