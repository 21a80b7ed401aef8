import type { ProxyOptions } from "../../options/proxy.ts";
import type { Hook, HookAnswer, HookClient, HookKind, HookTypes } from "../hooks.ts";
import type { HookLimits, SharedLimit } from "../limits.ts";
import { errorOf, type ResultText, readAnswer, sendable } from "./answer.ts";
import { Endpoint, type EndpointPorts, HttpFault } from "./endpoint.ts";
import { bodyOf } from "./request.ts";
import { UndecodableResult } from "./results.ts";

/** Calls of one hook that may wait for those: as many clients as connect in about a second. */
const queue = 10_000;

/** Reads the result of one kind of hook; null says that there is none. */
export type ReadResult<K extends HookKind> = (result: ResultText) => HookTypes[K]["result"] | null;

/** What hooks need beside their options. */
export interface HttpHookPorts extends EndpointPorts {
  /** The requests of all hooks over HTTP at once. */
  readonly requests: SharedLimit;
}

/** Makes a hook that is a URL of a back end. `name` is its place among the proxies. */
export function createHttpHook<K extends HookKind>(
  kind: K,
  name: string,
  { options, ports, read }: { options: ProxyOptions; ports: HttpHookPorts; read: ReadResult<K> },
): Hook<K> {
  const endpoint = new Endpoint(options, ports);
  const transformed = transformsOf<K>(options);
  const limits: HookLimits = {
    timeout: options.timeout,
    perConnection: Number.POSITIVE_INFINITY,
    perServer: Number.POSITIVE_INFINITY,
    shared: ports.requests,
    queue,
    rate: null,
  };
  return {
    kind,
    name,
    limits,
    place: endpoint.place,
    async run(client: HookClient, request, { signal }): Promise<HookAnswer<K>> {
      const body = bodyOf(kind, client, { request, options });
      const { status, text } = await endpoint.post(body, client, signal);
      if (status === 200) return answerOf(endpoint, text, { kind, read });
      const answer = transformed.get(status);
      if (answer) return answer;
      throw new HttpFault(`${endpoint.place}: status ${status}`);
    },
  };
}

function answerOf<K extends HookKind>(
  endpoint: Endpoint,
  text: string,
  { kind, read }: { readonly kind: K; readonly read: ReadResult<K> },
): HookAnswer<K> {
  try {
    const { refusal, result } = readAnswer(text, kind);
    if (refusal === null) return resultOf(result, read);
    if (result) assertTypes(result, read);
    return refusal;
  } catch (error) {
    if (error instanceof HttpFault) error.stack = `${error.name}: ${endpoint.place}: ${error.message}`;
    throw error;
  }
}

function resultOf<K extends HookKind>(text: ResultText | null, read: ReadResult<K>): HookAnswer<K> {
  const result = text && read(text);
  return result === null ? { kind: "none" } : { kind: "result", result };
}

/** As recorded: a field of a wrong type makes the whole answer none, also beside a refusal; broken base64 does not. */
function assertTypes<K extends HookKind>(result: ResultText, read: ReadResult<K>): void {
  try {
    read(result);
  } catch (error) {
    if (!(error instanceof UndecodableResult)) throw error;
  }
}

/** The first entry with a status counts. */
function transformsOf<K extends HookKind>({ http }: ProxyOptions): ReadonlyMap<number, HookAnswer<K>> {
  const answers = new Map<number, HookAnswer<K>>();
  for (const { status_code, to_error, to_disconnect } of http.status_to_code_transforms) {
    if (answers.has(status_code)) continue;
    if (to_error) answers.set(status_code, { kind: "error", error: errorOf(to_error) });
    else if (to_disconnect) answers.set(status_code, { kind: "disconnect", disconnect: sendable(to_disconnect) });
  }
  return answers;
}
