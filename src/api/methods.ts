import { type ClientError, errors } from "../core/errors.ts";
import { findMember } from "../core/json.ts";
import type { Payload } from "../core/payload.ts";
import type { Position, Publication } from "../core/publication.ts";
import { Members } from "../dialects/centrifuge/json/members.ts";
import { encodeInfo, encodePublication } from "../dialects/centrifuge/json/publication.ts";
import type { PushLog } from "../push/log.ts";
import type { Answer, Operations, Publish } from "./operations.ts";
import { createRecorder, outcomeOf, positionOf } from "./recorder.ts";
import type { Method, Request } from "./requests.ts";

/** Where a request stands in the body, so that payloads can be taken from it as the bytes that came. */
export interface Place {
  readonly body: string;
  /** Where its object begins. */
  readonly at: number;
  /** The name of the key that it came with, for the push log. */
  readonly key: string;
}

/** What a method answers: raw JSON of the result, or an error. */
export type Answered = Answer<string>;

/** What methods need beside the operations. */
export interface MethodPorts {
  readonly operations: Operations;
  readonly wall: () => number;
  readonly broadcastMax: number;
  /** Null where pushes are not recorded. */
  readonly pushLog: PushLog | null;
  /** Raw JSON of `nodes[0]`. */
  readonly info: () => string;
}

type Run = { [M in Method]: (request: Request<M>, place: Place) => Answered | Promise<Answered> };

const refuse = (error: ClientError): Answered => ({ ok: false, error });
/** Method not found, in the words of the server's API. */
export const notFound: ClientError = { code: errors.methodNotFound.code, message: "not found" };

/** The methods of the API, each from a request that was read to raw JSON. */
export function createMethods(ports: MethodPorts): Run {
  const { operations, wall, info } = ports;
  return {
    ...pushing(ports),

    subscribe: (request, place) => {
      const { override } = request;
      const answer = operations.subscribe(request, request.channel, {
        expireAt: request.expire_at > 0 ? request.expire_at : null,
        info: jsonOf(request.b64info, place, "info"),
        data: jsonOf(request.b64data, place, "data"),
        since: request.recover_since ?? null,
        ...(override && { override: overrideOf(override) }),
        now: wall(),
      });
      return encoded(answer, () => "{}");
    },

    unsubscribe: (request) => encoded(operations.unsubscribe(request, request.channel), () => "{}"),

    disconnect: (request) => {
      const { code, reason } = request.disconnect ?? {};
      if (request.disconnect && code === undefined) return refuse(errors.badRequest);
      const disconnect = code === undefined ? undefined : { code, reason: reason ?? "" };
      return encoded(operations.disconnect(request, disconnect), () => "{}");
    },

    refresh: (request, place) => {
      const expireAt = request.expired ? 1 : request.expire_at > 0 ? request.expire_at : null;
      return encoded(operations.refresh(request, expireAt, jsonOf("", place, "info")), () => "{}");
    },

    presence: ({ channel }) =>
      encoded(operations.presence(channel), (clients) => `{"presence":${encodeMap(clients, encodeInfo)}}`),

    presence_stats: ({ channel }) =>
      encoded(
        operations.presenceStats(channel),
        ({ clients, users }) => `{"num_clients":${clients},"num_users":${users}}`,
      ),

    history: async ({ channel, limit, since, reverse }) => {
      if (reverse && since?.offset === 0) return refuse(errors.badRequest);
      const answer = await operations.history(channel, { limit, since: since ?? null, reverse });
      return encoded(answer, ({ publications, position }) => {
        const kept = publications.map(encodeKept).join(",");
        return `{"publications":[${kept}],"epoch":${JSON.stringify(position.epoch)},"offset":${position.offset}}`;
      });
    },

    history_remove: async ({ channel }) => encoded(await operations.historyRemove(channel), () => "{}"),

    channels: ({ pattern }) => {
      const found = operations.channels(pattern);
      return { ok: true, result: `{"channels":${encodeMap(found, (count) => `{"num_clients":${count}}`)}}` };
    },

    info: () => ({ ok: true, result: `{"nodes":[${info()}]}` }),

    rpc: ({ method }) => (method === "" ? refuse(errors.badRequest) : refuse(notFound)),
  };
}

/** The methods that push something, and tell of what was pushed. */
function pushing({ operations, wall, broadcastMax, pushLog }: MethodPorts): Pick<Run, PushMethod> {
  const record = createRecorder(pushLog, wall);
  return {
    publish: async (request, place) => {
      const what = publishOf(request, place);
      if (!what) return refuse(errors.badRequest);
      const connections = operations.audienceOf(request.channel);
      const answer = await operations.publish(request.channel, what);
      record({ method: "publish", channel: request.channel, connections, ...positionOf(answer), what, place });
      return encoded(answer, encodePosition);
    },

    broadcast: async (request, place) => {
      const { channels } = request;
      if (channels.length === 0 || channels.length > broadcastMax) return refuse(errors.badRequest);
      const what = publishOf(request, place);
      const answers = what
        ? await operations.broadcast(channels, what)
        : channels.map(() => ({ ok: false, error: errors.badRequest }) as const);
      if (what) record({ method: "broadcast", channels: channels.length, outcome: outcomeOf(answers), what, place });
      const responses = answers.map((answer) =>
        answer.ok ? `{"result":${encodePosition(answer.result)}}` : encodeError(answer.error),
      );
      return { ok: true, result: `{"responses":[${responses.join(",")}]}` };
    },

    send: (request, place) => {
      const data = payloadOf(request.b64data, place);
      if (!data) return refuse({ code: errors.badRequest.code, message: "bad request: data: expected a value" });
      const { user, client, idempotency_key: idempotencyKey } = request;
      const options = { queueTtl: request.queue_ttl_s * 1000, idempotencyKey, now: wall() };
      const answer = operations.send({ user, client }, data, options);
      const { connections, queued } = answer.ok ? answer.result : { connections: 0, queued: false };
      record({
        method: "send",
        user,
        client,
        connections,
        queued,
        outcome: outcomeOf([answer]),
        what: { data, idempotencyKey },
        place,
      });
      return encoded(answer, (sent) => JSON.stringify(sent));
    },

    push_log: async (request) => {
      if (!pushLog) return refuse(errors.notAvailable);
      return { ok: true, result: JSON.stringify(await pushLog.query(request)) };
    },
  };
}

type PushMethod = "publish" | "broadcast" | "send" | "push_log";

/** `{"error":{...}}`; whether an error is temporary is for clients, not for back ends. */
export function encodeError({ code, message }: { readonly code: number; readonly message: string }): string {
  return `{"error":{"code":${code},"message":${JSON.stringify(message)}}}`;
}

function encoded<Result>(answer: Answer<Result>, encode: (result: Result) => string): Answered {
  return answer.ok ? { ok: true, result: encode(answer.result) } : answer;
}

function encodePosition({ offset, epoch }: Position): string {
  return new Members().number("offset", offset).text("epoch", epoch).object();
}

/** A publication in a history that a back end reads: the epoch stands beside it and not in it. */
function encodeKept(publication: Publication): string {
  return encodePublication({ ...publication, epoch: "" });
}

function encodeMap<Value>(map: ReadonlyMap<string, Value>, encode: (value: Value) => string): string {
  return `{${Array.from(map, ([name, value]) => `${JSON.stringify(name)}:${encode(value)}`).join(",")}}`;
}

/** What is to be published; null where there is no data. */
function publishOf(request: Request<"publish"> | Request<"broadcast">, place: Place): Publish | null {
  const data = payloadOf(request.b64data, place);
  if (!data) return null;
  return {
    data,
    tags: request.tags ?? undefined,
    skipHistory: request.skip_history,
    idempotencyKey: request.idempotency_key,
    version: request.version,
    versionEpoch: request.version_epoch,
    excludeClient: request.exclude_client,
  };
}

/** `b64data` where it is given: JSON where it is JSON, else bytes. Otherwise `data`, as the bytes that came. */
function payloadOf(b64data: string, { body, at }: Place): Payload | null {
  if (b64data !== "") {
    const bytes = Buffer.from(b64data, "base64");
    const json = jsonIn(bytes);
    return json === null ? { kind: "binary", bytes } : { kind: "json", json };
  }
  const extent = findMember(body, at, "data");
  return extent && { kind: "json", json: body.slice(extent.start, extent.end) };
}

/** The raw JSON of a member, or of its base64 form. */
function jsonOf(base64: string, { body, at }: Place, name: string): string | undefined {
  if (base64 !== "") return jsonIn(Buffer.from(base64, "base64")) ?? undefined;
  const extent = findMember(body, at, name);
  return extent ? body.slice(extent.start, extent.end) : undefined;
}

function jsonIn(bytes: Buffer): string | null {
  const text = bytes.toString("utf8");
  try {
    JSON.parse(text);
    return text;
  } catch {
    return null;
  }
}

function overrideOf(override: NonNullable<Request<"subscribe">["override"]>) {
  const { presence, join_leave, force_push_join_leave, force_recovery, force_positioning } = override;
  return {
    ...(presence && { presence: presence.value }),
    ...(join_leave && { joinLeave: join_leave.value }),
    ...(force_push_join_leave && { forcePushJoinLeave: force_push_join_leave.value }),
    ...(force_recovery && { forceRecovery: force_recovery.value }),
    ...(force_positioning && { forcePositioning: force_positioning.value }),
  };
}
