import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Authenticator } from "../../src/auth/authenticator.ts";
import type { ConfigInput } from "../../src/config/config.ts";
import type { Tree } from "../../src/config/tree.ts";
import { disconnects } from "../../src/core/disconnects.ts";
import { errors } from "../../src/core/errors.ts";
import { unsubscribes } from "../../src/core/unsubscribes.ts";
import { CentrifugeProbe, type CentrifugeProbeOptions, isClosed } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import type { Json, JsonObject } from "../support/json.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { pass } from "../support/passing.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const config = {
  client: {
    channel_limit: 3,
    user_connection_limit: 2,
    ping_interval: "10s",
    pong_timeout: "5s",
    stale_close_delay: "10s",
    expired_close_delay: "2s",
    expired_sub_close_delay: "2s",
    channel_position_check_delay: "3s",
    message_rate_limit: 100,
    message_burst_limit: 100,
    queue_max_size: 100_000,
  },
  channel: {
    namespaces: [
      { name: "closed", ...everything, allow_subscribe_for_client: false },
      { name: "bare", allow_subscribe_for_client: true },
      { name: "brief", ...everything, history_ttl: "1s", history_meta_ttl: "2s" },
    ],
  },
} satisfies ConfigInput & Tree;

type Stage = Awaited<ReturnType<typeof open>>;

/** A server with a clock of its own, and what a case does with it. */
async function open(authenticator: (real: Authenticator | null) => Authenticator | null = (real) => real) {
  const clock = new ManualClock();
  const server = await startOpenServer(config, { clock, replace: { authenticator } });
  const now = () => Math.floor(clock.wall() / 1000);
  const probes: CentrifugeProbe[] = [];
  const kept = (probe: CentrifugeProbe) => {
    probes.push(probe);
    return probe;
  };
  return {
    server,
    token: (claims: JsonObject = {}) => tokenFor({ sub: "ann", ...claims }),
    inSeconds: (seconds: number) => now() + seconds,
    pass: (milliseconds: number, ...listeners: CentrifugeProbe[]) =>
      pass({ node: server.node, clock }, milliseconds, ...listeners),
    open: async (options?: CentrifugeProbeOptions) => kept(await CentrifugeProbe.open(server.ws, options)),
    connect: async (claims: JsonObject = {}, options?: CentrifugeProbeOptions) =>
      kept(await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann", ...claims }) }, options)),
    api: async (method: string, body: JsonObject): Promise<Json> => {
      const headers = { "X-API-Key": "apikey" };
      const response = await fetch(`${server.url}/api/${method}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      const answer: JsonObject = JSON.parse(await response.text());
      return answer["error"] ?? answer["result"] ?? null;
    },
    [Symbol.asyncDispose]: async () => {
      for (const probe of probes) probe[Symbol.dispose]();
      await server.stop();
    },
  };
}

/** The error that a command is answered with. */
const asked =
  (method: string, request: JsonObject) =>
  async (stage: Stage): Promise<Json> => {
    const probe = await stage.connect();
    return (await probe.ask(method, request))["error"] ?? null;
  };

/** How a connection ends on which a command is sent. */
const endOf =
  (method: string, request: (stage: Stage) => JsonObject, claims: (stage: Stage) => JsonObject = () => ({})) =>
  async (stage: Stage): Promise<Json> => {
    const probe = await stage.connect(claims(stage));
    probe.send({ id: 9, [method]: request(stage) });
    return await ended(probe);
  };

/** How a connection ends that sends nothing but this. */
const refused =
  (request: (stage: Stage) => JsonObject) =>
  async (stage: Stage): Promise<Json> => {
    const probe = await stage.open();
    probe.send({ id: 1, connect: request(stage) });
    return await ended(probe);
  };

/** The end of a connection, whatever comes before it. */
async function ended(probe: CentrifugeProbe): Promise<Json> {
  for (;;) {
    const heard = await probe.next();
    if (isClosed(heard)) return { code: heard.closed.code, reason: heard.closed.reason };
  }
}

/** The next push that ends a subscription. */
async function unsubscribed(probe: CentrifugeProbe): Promise<Json> {
  for (;;) {
    const { push } = (await probe.next()) as { push?: JsonObject };
    if (push && "unsubscribe" in push) return push["unsubscribe"] ?? null;
  }
}

/** For each error an input that a client, or a back end, can really send. */
const errorCases: Record<keyof typeof errors, (stage: Stage) => Promise<Json>> = {
  internal: async (stage) => {
    const probe = await stage.open();
    return (await probe.ask("connect", { token: stage.token({ b64info: "%%%" }) }))["error"] ?? null;
  },
  unknownChannel: asked("subscribe", { channel: "nowhere:a" }),
  permissionDenied: asked("subscribe", { channel: "closed:a" }),
  methodNotFound: async (stage) => ({
    ...errors.methodNotFound,
    ...withoutMessage(await stage.api("rpc", { method: "x" })),
  }),
  alreadySubscribed: async (stage) => {
    const probe = await stage.connect();
    await probe.subscribe("a");
    return (await probe.ask("subscribe", { channel: "a" }))["error"] ?? null;
  },
  limitExceeded: async (stage) => {
    const probe = await stage.connect();
    for (const channel of ["a", "b", "c"]) await probe.subscribe(channel);
    return (await probe.ask("subscribe", { channel: "d" }))["error"] ?? null;
  },
  badRequest: asked("publish", { channel: "a" }),
  notAvailable: asked("rpc", { method: "x" }),
  tokenExpired: async (stage) => {
    const probe = await stage.open();
    return (await probe.ask("connect", { token: stage.token({ exp: stage.inSeconds(-1) }) }))["error"] ?? null;
  },
  expired: async (stage) => {
    const probe = await stage.open();
    return (await probe.ask("connect", { token: stage.token({ expire_at: stage.inSeconds(-1) }) }))["error"] ?? null;
  },
  tooManyRequests: async (stage) => {
    const probe = await stage.connect();
    probe.send(...Array.from({ length: 100 }, (_, index) => ({ id: index + 2, presence_stats: { channel: "a" } })));
    const { error = null } = (await probe.take(100)).at(-1) as { error?: Json };
    return error;
  },
  unrecoverablePosition: asked("history", { channel: "a", limit: 1, since: { offset: 1, epoch: "elsewhen" } }),
};

/** For each end of a connection something that really brings it about. */
const disconnectCases: Record<keyof typeof disconnects, ((stage: Stage) => Promise<Json>) | "never sent"> = {
  // The client's own close, in the log and the metrics.
  connectionClosed: "never sent",
  shutdown: async (stage) => {
    const probe = await stage.connect();
    await stage.server.stop();
    return await ended(probe);
  },
  internal: async (outer) => {
    await using stage = await open(
      (real) => real && { ...real, connection: () => Promise.reject(new Error("injected")) },
    );
    return await refused(() => ({ token: outer.token() }))(stage);
  },
  connectionExpired: async (stage) => {
    const probe = await stage.connect({ exp: stage.inSeconds(1) });
    await stage.pass(3_100);
    return await ended(probe);
  },
  subscriptionExpired: async (stage) => {
    const probe = await stage.connect();
    await stage.api("subscribe", { user: "ann", channel: "a", expire_at: stage.inSeconds(1) });
    await stage.pass(3_100);
    return await ended(probe);
  },
  slow: async (stage) => {
    const [probe, speaker] = [await stage.connect(), await stage.connect()];
    await probe.subscribe("a");
    probe.pause();
    while (stage.server.node.counters.slow === 0) {
      await speaker.ask("publish", { channel: "a", data: "x".repeat(60_000) });
      await stage.pass(100, speaker);
    }
    probe.resume();
    return await ended(probe);
  },
  insufficientState: endOf("refresh", (stage) => ({ token: stage.token({ channels: ["a"] }) })),
  forceReconnect: async (stage) => {
    const probe = await stage.connect();
    await stage.api("disconnect", { user: "ann", disconnect: { code: 3011, reason: "force reconnect" } });
    return await ended(probe);
  },
  noPong: async (stage) => {
    const probe = await stage.connect({}, { answersPings: false });
    await stage.pass(15_100);
    return await ended(probe);
  },
  tooManyRequests: async (stage) => {
    const probe = await stage.connect();
    probe.send(...Array.from({ length: 150 }, (_, index) => ({ id: index + 2, presence_stats: { channel: "a" } })));
    return await ended(probe);
  },
  invalidToken: refused(() => ({ token: "nonsense" })),
  badRequest: endOf("unsubscribe", () => ({ channel: 5 })),
  stale: async (stage) => {
    const probe = await stage.open();
    await stage.pass(10_100);
    return await ended(probe);
  },
  forceDisconnect: async (stage) => {
    const probe = await stage.connect();
    await stage.api("disconnect", { user: "ann" });
    return await ended(probe);
  },
  connectionLimit: async (stage) => {
    await Promise.all([stage.connect(), stage.connect()]);
    return await refused(() => ({ token: stage.token() }))(stage);
  },
  channelLimit: refused((stage) => ({ token: stage.token({ channels: ["a", "b", "c", "d"] }) })),
  permissionDenied: async (stage) => {
    const socket = new WebSocket(`${stage.server.ws}/ws?channel=closed:a`);
    const { promise, resolve } = Promise.withResolvers<Json>();
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    return await promise;
  },
  notAvailable: endOf("send", () => ({ data: 1 })),
  tooBig: endOf("publish", () => ({ channel: "a", data: "x".repeat(66_000) })),
};

/** For each end of a subscription something that really brings it about. */
const unsubscribeCases: Record<keyof typeof unsubscribes, (stage: Stage) => Promise<Json>> = {
  server: async (stage) => {
    const probe = await stage.connect();
    await probe.subscribe("a");
    await stage.api("unsubscribe", { user: "ann", channel: "a" });
    return await unsubscribed(probe);
  },
  insufficientState: async (stage) => {
    const probe = await stage.connect();
    await probe.subscribe("brief:a");
    await stage.pass(6_100, probe);
    return await unsubscribed(probe);
  },
  subscriptionExpired: async (stage) => {
    const probe = await stage.connect();
    const token = stage.token({ channel: "closed:a", exp: stage.inSeconds(1) });
    await probe.subscribe("closed:a", { token });
    await stage.pass(3_100, probe);
    return await unsubscribed(probe);
  },
};

/** The server's API says `not found` where a client is told `method not found`; code and the rest are the same. */
function withoutMessage(error: Json): JsonObject {
  const { message: _, ...rest } = error as JsonObject;
  return rest;
}

const tables = [
  ["RC50", "error", errors, errorCases],
  ["RC51", "disconnect", disconnects, disconnectCases],
  ["RC51", "unsubscribe", unsubscribes, unsubscribeCases],
] as const;

for (const [rule, kind, table, cases] of tables) {
  describe(`every ${kind} of the table`, () => {
    const known = Object.entries<JsonObject>(table);
    const provoke = new Map(Object.entries<((stage: Stage) => Promise<Json>) | "never sent">(cases));

    test(`[${rule}] has an input that brings it about, or is never sent`, () => {
      expect(known.map(([name]) => name).filter((name) => !provoke.has(name))).toEqual([]);
    });

    for (const [name, expected] of known) {
      const act = provoke.get(name);
      if (act === undefined || act === "never sent") continue;
      test(`[${rule}] ${expected["code"]} ${name}`, async () => {
        await using stage = await open();
        expect(await act(stage)).toEqual(expected);
      });
    }
  });
}
