import type { Clock } from "../core/clock.ts";
import type { ClientError } from "../core/errors.ts";
import { isDeeperThan, jsonLevelsMax, skipSpace } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import type { Timers } from "../core/timers.ts";
import { answer, notFound, shuttingDown } from "../http/responses.ts";
import type { Endpoint } from "../http/routes.ts";
import { type Counters, countIn } from "../metrics/counters.ts";
import { createSeveral } from "./batch.ts";
import { Bodies, type Unread } from "./bodies.ts";
import { type Called, type CallsPorts, createCalls, parse } from "./calls.ts";
import { encodeError } from "./encoding.ts";
import { type Caller, isWithinRate, type Keys } from "./keys.ts";
import { isMethod, type Method } from "./requests.ts";

/** What the API's endpoint needs. */
export interface ApiPorts extends CallsPorts {
  readonly keys: Keys;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly counters: Counters;
  /** Milliseconds that a body may take to arrive. */
  readonly bodyTimeout: number;
  /** Bytes of a body at the most. */
  readonly bodyMax: number;
  /** Commands of one batch, or lines, at the most. */
  readonly commandsMax: number;
  /** Requests of one key a second; 0 is no limit. */
  readonly rateLimit: number;
  /** Errors are statuses for everyone, not only for those who ask. */
  readonly transportErrors: boolean;
  /** The path, without a slash at its end: `/api`. */
  readonly prefix: string;
  isDraining(): boolean;
}

/** What a path below the prefix stands for: a method, several of them in a batch, or one a line. */
type Call = Method | "batch" | "";

/** What a call came to, and whose it was. */
interface Outcome {
  readonly caller: Caller;
  readonly call: Call;
  readonly outcome: Called;
}

/** Methods that change nothing go on while the server drains. */
const reading = new Set<Call>(["presence", "presence_stats", "history", "channels", "info", "push_log"]);

/** Made once: a Response takes it faster than an object (0.1 us, measured). */
const json = { headers: new Headers({ "Content-Type": "application/json" }) };

/**
 * `POST /api/<method>`: the HTTP method is looked at first, then the key, then the name, then the body, as Centrifugo
 * does. The content type is not looked at. From here to the answer of a publish with history in memory it takes 7 us
 * of our own beside a bare Bun server that reads, parses and answers (measured).
 */
export function createApi(ports: ApiPorts): Endpoint {
  const { keys, clock, log, counters, rateLimit, prefix } = ports;
  const calls = createCalls(ports);
  const several = createSeveral(calls, ports.commandsMax);
  const bodies = new Bodies(ports, ports.bodyTimeout);

  /** Counts and tells a request that is not run. */
  const refuse = (response: Response, method = "", key = ""): Response => {
    countIn(counters.apiRefused, response.status);
    log.debug("api.refused", { status: response.status, method, key });
    return response;
  };

  const refusalOf = (request: Request, caller: Caller, call: Call): Response | null => {
    if (rateLimit > 0 && !isWithinRate(caller, clock.monotonic(), rateLimit)) {
      return answer(429, "Too many requests with this key.", { "Retry-After": "1" });
    }
    if (ports.isDraining() && !reading.has(call)) return shuttingDown();
    if (Number(request.headers.get("content-length")) > ports.bodyMax) return tooLarge(ports.bodyMax);
    if (isEncoded(request.headers)) return answer(415, "Send the body without a Content-Encoding.");
    return null;
  };

  const called = (body: string, caller: Caller, call: Call): MaybePromise<Called> => {
    if (call === "") return several.lines(caller, body);
    const request = parse(body);
    if (request === undefined) return { ok: false, malformed: mistakeIn(body) };
    const place = { body, at: skipSpace(body, 0), caller };
    return call === "batch" ? several.batch(caller, place, request) : calls.one(caller, call, place, request);
  };

  const respond = (request: Request, { caller, call, outcome }: Outcome): Response => {
    if (outcome.ok) {
      const isBare = call === "" || call === "batch";
      return new Response(isBare ? outcome.result : `{"result":${outcome.result}}`, json);
    }
    if ("malformed" in outcome) return refuse(answer(400, `Bad Request\n${outcome.malformed}`), call, caller.name);
    const body = encodeError(outcome.error);
    const wantsStatus = ports.transportErrors || request.headers.get("x-centrifugo-error-mode") === "transport";
    if (!wantsStatus) return new Response(body, json);
    return new Response(body.slice('{"error":'.length, -1), { status: statusOf(outcome.error), headers: json.headers });
  };

  const run = (request: Request, caller: Caller, call: Call): Promise<Response> => {
    countIn(counters.apiCalls, call === "" ? "lines" : call);
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    bodies.read(request, (body) => {
      if (typeof body !== "string") return resolve(refuse(unreadable(body.unread), call, caller.name));
      if (isLonger(body, ports.bodyMax)) return resolve(refuse(tooLarge(ports.bodyMax), call, caller.name));
      try {
        resolve(then(called(body, caller, call), (outcome) => respond(request, { caller, call, outcome })));
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  };

  return (request, _server, { path, query }) => {
    if (request.method !== "POST") return refuse(new Response(null, { status: 405, headers: { Allow: "POST" } }));
    const caller = keys.callerOf(request.headers, query);
    if (!caller) return refuse(new Response(null, { status: 401 }));
    const call = path.slice(prefix.length + 1);
    if (!isCall(call)) return refuse(notFound(), "", caller.name);
    const refusal = refusalOf(request, caller, call);
    return refusal ? refuse(refusal, call, caller.name) : run(request, caller, call);
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

function isCall(name: string): name is Call {
  return isMethod(name) || name === "batch" || name === "";
}

/** Without `Connection: close`: the runtime reads to the end of the body, so that its sender comes to read the answer. */
function tooLarge(bytes: number): Response {
  return answer(413, `The body may have ${bytes} bytes at the most.`);
}

/** Whether a text has more bytes of UTF-8; one that is a third as long cannot have. */
function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
}

function unreadable(why: Unread): Response {
  return why === "late"
    ? answer(408, "The body did not arrive in time.", { Connection: "close" })
    : answer(400, "Bad Request\nthe body could not be read", { Connection: "close" });
}

/** The status that an error has where the caller wants errors as statuses (`X-Centrifugo-Error-Mode: transport`). */
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
