import { describe, expect, test } from "bun:test";
import { centrifugoAt, saysTheSame } from "../../src/config/centrifugo.ts";
import centrifugoFile from "../../src/config/centrifugo-defaults.json" with { type: "json" };
import { everyOption, valid, warningsOf } from "./support.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

describe("defaults", () => {
  test("[CF1] an empty file has the documented defaults", () => {
    const config = valid({});
    expect(config).toMatchObject({
      http_server: {
        address: "127.0.0.1",
        port: 8080,
        internal_address: "",
        internal_port: null,
        trusted_proxies: [],
        allowed_hosts: [],
        tls: { enabled: false },
      },
      plain: {
        enabled: true,
        channel: "lobby",
        text_size_limit: 65_536,
        binary_size_limit: 16_777_216,
        queue_max_size: 20_971_520,
        ping_interval: 25 * second,
        pong_timeout: minute,
      },
      websocket: { disabled: false, handler_prefix: "/connection/websocket", message_size_limit: 65_536 },
      echo: { enabled: false },
      web: { enabled: true, directory: "" },
      health: { enabled: true, handler_prefix: "/health" },
      prometheus: { enabled: true, handler_prefix: "/metrics", key: "" },
      engine: { type: "sqlite", sqlite: { path: "data/chorus.db", synchronous: "full" } },
      http_api: {
        key: "",
        keys: [],
        query_key: true,
        rate_limit: 0,
        body_size_limit: 1_048_576,
        broadcast_limit: 10_000,
      },
      push_log: { enabled: true, path: "data/push.db", retention: 168 * hour, size: 1_000_000, payloads: false },
      push_queue: { size: 100, ttl: 168 * hour },
      shutdown: { timeout: 30 * second, batch_size: 1_000, batch_interval: 100 },
      log: { level: "info", format: "auto" },
    });
    expect(config.client).toMatchObject({
      allowed_origins: [],
      connection_limit: 50_000,
      connection_rate_limit: 0,
      address_connection_limit: 0,
      user_connection_limit: 0,
      message_rate_limit: 1_000,
      message_burst_limit: 2_000,
      subscribe_rate_limit: 200,
      commands_per_frame_limit: 256,
      recovery_max_bytes: 524_288,
      queue_max_size: 1_048_576,
      write_stall_timeout: 10 * second,
      stale_close_delay: 10 * second,
      allow_anonymous_connect_without_token: false,
    });
  });

  test("[CF2] every option has a sentence, and every number its unit", () => {
    for (const { path, option } of everyOption()) {
      expect({ path, doc: option.doc }).toEqual({ path, doc: expect.stringMatching(/^[A-Z`].{8,}\.$/) });
      const needsUnit = option.notes.kind === "number" && !path.endsWith("port");
      if (needsUnit) expect({ path, unit: option.notes.unit }).toEqual({ path, unit: expect.stringMatching(/\w/) });
    }
  });

  test("[CF3] Centrifugo's complete file with a token key loads without one warning, and holds", () => {
    const file = structuredClone(centrifugoFile) as { client: { token: object } };
    file.client.token = { ...file.client.token, hmac_secret_key: "secret" };
    expect(warningsOf(file)).toEqual([]);
    expect(valid(file)).toMatchObject({
      http_server: { address: "", port: 8000, internal_port: null },
      engine: { type: "memory" },
      client: { connection_limit: 0, allowed_origins: [], ping_interval: 25 * second },
      channel: { history_meta_ttl: 720 * hour, without_namespace: { engine: "memory" } },
      prometheus: { enabled: false },
    });
  });

  test.each(["main", "strict", "timers", "insecure"])(
    "the file of the recordings named %p has no option that is not known",
    async (name) => {
      const file = await Bun.file(`${import.meta.dir}/../conformance/recordings/config.${name}.json`).json();
      expect(warningsOf(file).filter((line) => /not supported|unknown/.test(line))).toEqual([]);
    },
  );

  test("an option that Centrifugo has too has its default, but for those that are documented", () => {
    const others = everyOption()
      .filter(({ path }) => !path.includes("["))
      .filter(({ path, option }) => {
        const theirs = centrifugoAt(path.split("."));
        return theirs !== undefined && !saysTheSame(option.fallback, theirs);
      });
    expect(others.map(({ path }) => path)).toEqual([
      "http_server.address",
      "http_server.port",
      "client.connection_limit",
      "client.recovery_max_publication_limit",
      "websocket.message_size_limit",
      "emulation.max_request_body_size",
      "engine.type",
      "engine.redis.address",
      "engine.redis.prefix",
      "broker.nats.url",
      "broker.nats.prefix",
      "health.enabled",
      "prometheus.enabled",
    ]);
  });

  test("[CF117] a client may connect with all of its channels at once, or a warning says what forbids it", () => {
    const keyed = { token: { hmac_secret_key: "secret" } };
    const client = { ...keyed, channel_limit: 5_000 };
    const websocket = { message_size_limit: 500_000 };
    expect(valid({ client }).client.message_burst_limit).toBe(5_001);
    expect(valid({ client: { ...keyed, channel_limit: 600 } }).client.message_burst_limit).toBe(2_000);
    expect(warningsOf({ client, websocket })).toEqual([]);
    expect(warningsOf({ client: { ...client, message_burst_limit: 5_001 }, websocket })).toEqual([]);
    expect(warningsOf({ client: { ...client, message_burst_limit: 5_000 }, websocket })).toEqual([
      "client.channel_limit: 5000 is not below client.message_burst_limit (5000): " +
        "a client that connects with all of its channels is refused (111, 3013)",
    ]);
    expect(valid({}).emulation.max_request_body_size).toBe(65_536);
    expect(valid({ client })).toMatchObject({
      websocket: { message_size_limit: 2_560_000 },
      emulation: { max_request_body_size: 2_560_000 },
    });
    expect(valid({ client: { ...keyed, channel_limit: 1e9 } }).websocket.message_size_limit).toBe(16_777_216);
    const small = { websocket: { message_size_limit: 65_536 }, emulation: { max_request_body_size: 65_536 } };
    const few = "client.channel_limit: 5000 subscribes in one frame are more than";
    const all = "a client that connects with all of its channels";
    expect(warningsOf({ ...small, client, sse: { enabled: true } })).toEqual([
      `${few} websocket.message_size_limit (65536): ${all} is closed with 1009; set it to 480000 or more`,
      `${few} emulation.max_request_body_size (65536): ${all} is answered with 413; set it to 480000 or more`,
    ]);
    expect(warningsOf({ client })).toEqual([]);
  });

  test("a namespace has the defaults of the channels in none", () => {
    const { without_namespace, namespaces } = valid({ channel: { namespaces: [{ name: "chat" }] } }).channel;
    expect(namespaces).toEqual([{ name: "chat", ...without_namespace }]);
  });

  test("a namespace takes its engine, meta TTL and format from above where it says nothing", () => {
    const { channel } = valid({
      engine: { type: "memory" },
      channel: {
        history_meta_ttl: "2h",
        publication_data_format: "json",
        namespaces: [
          { name: "own", engine: "sqlite", history_meta_ttl: "1h", publication_data_format: "binary" },
          { name: "heir", engine: "" },
        ],
      },
    });
    const heir = { engine: "memory", history_meta_ttl: 2 * hour, publication_data_format: "json" } as const;
    expect(channel.without_namespace).toMatchObject(heir);
    expect(channel.namespaces).toMatchObject([
      { engine: "sqlite", history_meta_ttl: hour, publication_data_format: "binary" },
      heir,
    ]);
  });
});
