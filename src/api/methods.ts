import { type ClientError, errors } from "../core/errors.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import { encodeInfo } from "../protocol/centrifuge/json/publication.ts";
import type { Answer } from "./answer.ts";
import { encodeKept, encodeMap } from "./encoding.ts";
import { jsonOf, memberOf, type Place } from "./payloads.ts";
import { type Answered, type PushPorts, pushMethods, refuse } from "./push-methods.ts";
import type { Method, Request } from "./requests.ts";

/** What methods need beside the operations. */
export interface MethodPorts extends PushPorts {
  /** Raw JSON of `nodes[0]`. */
  readonly info: () => string;
}

type Run = { [M in Method]: (request: Request<M>, place: Place) => MaybePromise<Answered> };

/** Method not found, in the words of the server's API. */
export const notFound: ClientError = { code: errors.methodNotFound.code, message: "not found" };

/** The methods of the API, each from a request that was read to raw JSON. */
export function createMethods(ports: MethodPorts): Run {
  const { operations, wall, info } = ports;
  return {
    ...pushMethods(ports),

    subscribe: (request, place) => {
      const { override } = request;
      const info = jsonOf(request.b64info, place, "info");
      const data = jsonOf(request.b64data, place, "data");
      if (info === "malformed" || data === "malformed") return refuse(errors.badRequest);
      const answer = operations.subscribe(request, request.channel, {
        expireAt: request.expire_at > 0 ? request.expire_at : null,
        info: info.json,
        data: data.json,
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
      return encoded(operations.refresh(request, expireAt, memberOf(place, "info")), () => "{}");
    },

    presence: ({ channel }) =>
      then(operations.presence(channel), (answer) =>
        encoded(answer, (clients) => `{"presence":${encodeMap(clients, encodeInfo)}}`),
      ),

    presence_stats: ({ channel }) =>
      then(operations.presenceStats(channel), (answer) =>
        encoded(answer, ({ clients, users }) => `{"num_clients":${clients},"num_users":${users}}`),
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

    channels: ({ pattern }, { caller }) => {
      const found = operations.channels(pattern);
      if (!caller.touchesAll) for (const name of found.keys()) if (!caller.mayTouch(name)) found.delete(name);
      return { ok: true, result: `{"channels":${encodeMap(found, (count) => `{"num_clients":${count}}`)}}` };
    },

    info: () => ({ ok: true, result: `{"nodes":[${info()}]}` }),

    rpc: ({ method }) => (method === "" ? refuse(errors.badRequest) : refuse(notFound)),
  };
}

function encoded<Result>(answer: Answer<Result>, encode: (result: Result) => string): Answered {
  return answer.ok ? { ok: true, result: encode(answer.result) } : answer;
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
