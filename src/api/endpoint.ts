import type { Clock } from "../core/clock.ts";
import { skipSpace } from "../core/json.ts";
import { answer, notFound } from "../transport/answers.ts";
import { type Called, createCalls, parse, statusOf } from "./calls.ts";
import { type Caller, isWithinRate, type Keys } from "./keys.ts";
import { type createMethods, encodeError } from "./methods.ts";
import { isMethod } from "./requests.ts";
import type { Endpoint } from "./routes.ts";

/** What the API's endpoint needs. */
export interface ApiPorts {
  readonly methods: ReturnType<typeof createMethods>;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly bodyMax: number;
  /** Milliseconds that a body may take to arrive. */
  readonly bodyTimeout: number;
  /** Requests of one key a second; 0 is no limit. */
  readonly rateLimit: number;
  /** Errors are statuses for everyone, not only for those who ask. */
  readonly transportErrors: boolean;
  /** The path, without a slash at its end: `/api`. */
  readonly prefix: string;
  isDraining(): boolean;
}

/** Methods that change nothing go on while the server drains. */
const reading = new Set(["presence", "presence_stats", "history", "channels", "info", "push_log"]);

const json = { "Content-Type": "application/json" };

/**
 * `POST /api/<method>`: the HTTP method is looked at first, then the key, then the name, then the body, as Centrifugo
 * does. The content type is not looked at.
 */
export function createApi(ports: ApiPorts): Endpoint {
  const calls = createCalls(ports.methods);

  const respond = (request: Request, called: Called): Response => {
    if (called.ok) return new Response(called.result, { headers: json });
    if ("malformed" in called) return badRequest(called.malformed);
    const wantsStatus = ports.transportErrors || request.headers.get("x-centrifugo-error-mode") === "transport";
    const body = encodeError(called.error);
    if (!wantsStatus) return new Response(body, { headers: json });
    return new Response(body.slice('{"error":'.length, -1), { status: statusOf(called.error), headers: json });
  };

  const runMethod = async (request: Request, caller: Caller, name: string): Promise<Response> => {
    const body = await bodyOf(request, ports);
    if (body instanceof Response) return body;
    const parsed = parse(body);
    if (parsed === undefined) return badRequest("the body is no JSON");
    const place = { body, at: skipSpace(body, 0), key: caller.name };
    if (name === "batch") return respond(request, await calls.batch(caller, place, parsed));
    const called = await calls.run(caller, name, place, parsed);
    return respond(request, called.ok ? { ok: true, result: `{"result":${called.result}}` } : called);
  };

  const runLines = async (request: Request, caller: Caller): Promise<Response> => {
    const body = await bodyOf(request, ports);
    if (body instanceof Response) return body;
    const replies: string[] = [];
    for (const text of body.split("\n")) {
      if (text.trim() === "") continue;
      const reply = await calls.line(caller, text);
      if (reply === null) return badRequest("a line is no command");
      replies.push(reply);
    }
    return replies.length === 0
      ? badRequest("the body is empty")
      : new Response(`${replies.join("\n")}\n`, { headers: json });
  };

  const refusalOf = (request: Request, caller: Caller, name: string): Response | null => {
    if (!isWithinRate(caller, ports.clock.monotonic(), ports.rateLimit)) {
      return answer(429, "Too many requests with this key.", { "Retry-After": "1" });
    }
    if (ports.isDraining() && !reading.has(name)) {
      return answer(503, "The server is shutting down.", { Connection: "close", "Retry-After": "1" });
    }
    if (request.headers.has("content-encoding")) return answer(415, "Send the body without a Content-Encoding.");
    return null;
  };

  return (request, _server, { path, query }) => {
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { Allow: "POST" } });
    const caller = ports.keys.callerOf(request, query);
    if (!caller) return new Response(null, { status: 401 });
    const name = path.slice(ports.prefix.length + 1);
    if (name !== "" && name !== "batch" && !isMethod(name)) return notFound();
    const refusal = refusalOf(request, caller, name);
    if (refusal) return refusal;
    return name === "" ? runLines(request, caller) : runMethod(request, caller, name);
  };
}

function badRequest(place: string): Response {
  return answer(400, `Bad Request\n${place}`);
}

/** The body as text, or why it is not taken: too large, or too slow. */
async function bodyOf(request: Request, { bodyMax, bodyTimeout }: ApiPorts): Promise<string | Response> {
  const tooLarge = () => answer(413, `The body may have ${bodyMax} bytes at the most.`);
  if (Number(request.headers.get("content-length") ?? 0) > bodyMax) return tooLarge();
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, bodyTimeout, null);
  try {
    const body = await Promise.race([request.text(), late]);
    if (body === null) return answer(408, "The body did not arrive in time.", { Connection: "close" });
    const isLong = body.length > bodyMax || (body.length * 3 > bodyMax && Buffer.byteLength(body) > bodyMax);
    return isLong ? tooLarge() : body;
  } catch {
    return answer(400, "Bad Request\nthe body could not be read", { Connection: "close" });
  } finally {
    clearTimeout(timer);
  }
}
