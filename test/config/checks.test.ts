import { describe, expect, test } from "bun:test";
import { connectionLimitWithin } from "../../src/config/connection-limit.ts";
import { errorsOf, valid, warningsOf } from "./support.ts";

const history = { history_size: 10, history_ttl: "60s" };
const keyed = { token: { hmac_secret_key: "secret" } };

/** A mistake as input, and the one line that tells it. */
type Mistake = [name: string, input: unknown, line: string | RegExp];

const mistakes: Mistake[] = [
  [
    "a namespace has a name of its own",
    { channel: { namespaces: [{ name: "chat" }, { name: "room" }, { name: "chat" }] } },
    'channel.namespaces[2].name: expected a name of its own, got that of namespaces[0]: "chat"',
  ],
  [
    "[CF41] a history size needs a time",
    { channel: { without_namespace: { history_size: 10 } } },
    'channel.without_namespace.history_ttl: expected a time beside history_size, got "0s"',
  ],
  [
    "[CF41] a history time needs a size",
    { channel: { namespaces: [{ name: "chat", history_ttl: "60s" }] } },
    "channel.namespaces[0].history_size: expected a number beside history_ttl, got 0",
  ],
  [
    "[CF41] forced recovery needs a history",
    { channel: { without_namespace: { force_recovery: true } } },
    "channel.without_namespace.force_recovery: expected history_size and history_ttl beside it: there is nothing to recover",
  ],
  [
    "history does not outlive its meta TTL",
    { channel: { namespaces: [{ name: "chat", ...history, history_meta_ttl: "30s" }] } },
    'channel.namespaces[0].history_ttl: expected no more than history_meta_ttl ("30s"), got "1m"',
  ],
  [
    "history does not outlive the meta TTL of all channels",
    { channel: { history_meta_ttl: "30s", without_namespace: history } },
    'channel.without_namespace.history_ttl: expected no more than history_meta_ttl ("30s"), got "1m"',
  ],
  [
    "[CF43] a channel_regex compiles",
    { channel: { namespaces: [{ name: "chat", channel_regex: "([a-z" }] } },
    /^channel\.namespaces\[0\]\.channel_regex: expected a pattern in the syntax of RE2: ./,
  ],
  [
    "[CF43] a channel_regex has no look-behind, which takes more than linear time",
    { channel: { without_namespace: { channel_regex: "(?<=a)b" } } },
    /^channel\.without_namespace\.channel_regex: expected a pattern in the syntax of RE2: ./,
  ],
  [
    "the namespace of personal channels is known",
    { client: { ...keyed, subscribe_to_user_personal_channel: { enabled: true, personal_channel_namespace: "own" } } },
    'client.subscribe_to_user_personal_channel.personal_channel_namespace: expected one of channel.namespaces, got "own"',
  ],
  [
    "a single connection needs presence in the personal channel",
    { client: { ...keyed, subscribe_to_user_personal_channel: { enabled: true, single_connection: true } } },
    "client.subscribe_to_user_personal_channel.single_connection: expected presence in the namespace of the personal channel",
  ],
  [
    "the plain protocol's channel can exist",
    { plain: { channel: "chat:lobby" } },
    'plain.channel: expected a channel of a known namespace, got "chat:lobby"',
  ],
  [
    "[CF46] TLS needs a certificate",
    { http_server: { tls: { enabled: true, key_pem: "key.pem" } } },
    "http_server.tls.cert_pem: expected a path, PEM text or its base64, because tls is enabled, got nothing",
  ],
  [
    "[CF46] TLS needs a key",
    { http_server: { tls: { enabled: true, cert_pem: "cert.pem" } } },
    "http_server.tls.key_pem: expected a path, PEM text or its base64, because tls is enabled, got nothing",
  ],
  [
    "an internal address needs a port, or the inside would be public",
    { http_server: { internal_address: "127.0.0.1" } },
    "http_server.internal_port: expected a port beside internal_address, got nothing",
  ],
  [
    "the internal port is not the public one",
    { http_server: { internal_port: "8080" } },
    "http_server.internal_port: expected another port than http_server.port, got 8080",
  ],
  [
    "a pong comes before the next ping",
    { client: { ping_interval: "10s", pong_timeout: "10s" } },
    'client.pong_timeout: expected less than ping_interval ("10s"), got "10s"',
  ],
  [
    "a key of tokens can be used",
    { client: { token: { rsa_public_key: "none" } } },
    /^client\.token\.rsa_public_key: expected the PEM/,
  ],
  [
    "a key of subscription tokens can be used, where they have their own",
    { client: { subscription_token: { enabled: true, jwks_public_endpoint: "ftp://x" } } },
    "client.subscription_token.jwks_public_endpoint: expected an http or https URL",
  ],
  [
    "an API key has a name of its own",
    {
      http_api: {
        keys: [
          { name: "ci", key: "sesame" },
          { name: "ci", key: "simsim" },
        ],
      },
    },
    'http_api.keys[1].name: expected a name that no other key has, got "ci"',
  ],
  [
    "an API key stands once, and is not told",
    { http_api: { key: "sesame", keys: [{ name: "ci", key: "sesame" }] } },
    "http_api.keys[0].key: expected a key that is used nowhere else",
  ],
  [
    "two things are not served at one path",
    { prometheus: { handler_prefix: "/ws" } },
    'prometheus.handler_prefix: expected a path of its own, got that of plain: "/ws"',
  ],
  [
    "two things are not kept in one file",
    { push_log: { path: "data/chorus.db" } },
    'push_log.path: expected a file of its own, got that of engine.sqlite.path: "data/chorus.db"',
  ],
  [
    "no store is in a file that another keeps beside its own",
    { event_outbox: { path: "./data/x/../chorus.db-witness" } },
    'event_outbox.path: expected a file of its own, got that of engine.sqlite.path: "./data/x/../chorus.db-witness"',
  ],
];

describe("between options", () => {
  test.each(mistakes)("%s", (_, input, line) => {
    expect(errorsOf(input)).toEqual([typeof line === "string" ? line : expect.stringMatching(line)]);
  });

  test.each<[string, unknown]>([
    ["namespaces may be alike but for the name", { channel: { namespaces: [{ name: "aa" }, { name: "ab" }] } }],
    ["history may live as long as its meta TTL", { channel: { history_meta_ttl: "60s", without_namespace: history } }],
    [
      "[CF43] a channel_regex has Go's syntax",
      { channel: { without_namespace: { channel_regex: "(?i)^(?P<x>\\pL+)\\z" } } },
    ],
    [
      "a personal channel may be in no namespace",
      { client: { subscribe_to_user_personal_channel: { enabled: true } } },
    ],
    [
      "the plain protocol's channel may be of a namespace, and private",
      { plain: { channel: "$chat:lobby" }, channel: { namespaces: [{ name: "chat" }] } },
    ],
    [
      "the inside may have an address of its own at the same port",
      {
        http_server: { address: "192.0.2.1", internal_address: "127.0.0.1", internal_port: 8080 },
      },
    ],
    ["both ports may be free ones", { http_server: { port: 0, internal_port: 0 } }],
    [
      "keys of subscription tokens are not looked at where they are not used",
      {
        client: { subscription_token: { enabled: false, rsa_public_key: "none" } },
      },
    ],
    ["what is not served takes no path", { plain: { enabled: false }, prometheus: { handler_prefix: "/ws" } }],
    ["nor does it need one", { prometheus: { enabled: false, handler_prefix: "/ws" } }],
    [
      "nothing is asked of personal channels that are off",
      {
        client: { subscribe_to_user_personal_channel: { personal_channel_namespace: "own", single_connection: true } },
      },
    ],
  ])("%s", (_, input) => {
    expect(errorsOf(input)).toEqual([]);
  });
});

describe("warnings", () => {
  const nobody =
    "client.token: no key is set, and anonymous clients are not allowed: no client can connect (3500, 3501)";

  test("[CF52] a file that lets nobody in is one warning", () => {
    expect(warningsOf({})).toEqual([nobody]);
    expect(warningsOf({ client: keyed })).toEqual([]);
    expect(warningsOf({ client: { token: { jwks_public_endpoint: "https://a.example/keys" } } })).toEqual([]);
    expect(warningsOf({ client: { allow_anonymous_connect_without_token: true } })).toEqual([]);
    expect(warningsOf({ client: { insecure: true } })).toEqual([]);
    const connect = { enabled: true, endpoint: "http://127.0.0.1:1/connect" };
    expect(warningsOf({ client: { proxy: { connect } } })).toEqual([]);
  });

  test.each(["", "0.0.0.0", "::", "192.0.2.1", "chat.example"])(
    "[CF53] T81: a server without authentication on the address %p is one loud warning each",
    (address) => {
      const where = address === "" ? "any address of this machine" : address;
      expect(
        warningsOf({ http_server: { address }, client: { insecure: true }, http_api: { insecure: true } }),
      ).toEqual([
        `client.insecure: DANGER: everyone who reaches ${where} may do everything, without a token`,
        `http_api.insecure: DANGER: everyone who reaches ${where} may use the API, without a key`,
      ]);
    },
  );

  test.each(["127.0.0.1", "::1", "localhost", "127.8.8.8"])("on the loopback address %p it is none", (address) => {
    expect(warningsOf({ http_server: { address }, client: { insecure: true }, http_api: { insecure: true } })).toEqual(
      [],
    );
  });

  test("an API without a key is as open as the address that it is served on", () => {
    const inside = { address: "0.0.0.0", internal_port: 9000, internal_address: "127.0.0.1" };
    const api = { client: keyed, http_api: { insecure: true } };
    expect(warningsOf({ ...api, http_server: inside })).toEqual([]);
    expect(warningsOf({ ...api, http_server: { ...inside, internal_address: "0.0.0.0" } })).toHaveLength(1);
    expect(warningsOf({ ...api, http_server: { address: "0.0.0.0", internal_port: 9000 } })).toHaveLength(1);
    expect(
      warningsOf({ ...api, http_api: { insecure: true, disabled: true }, http_server: { address: "::" } }),
    ).toEqual([]);
  });
});

describe("warnings of channels", () => {
  test("[CF104] a history above a limit of recovery that is set is one warning; without one the limit follows it", () => {
    const long = { history_size: 1_000, history_ttl: "60s" };
    const channel = {
      without_namespace: { history_size: 301, history_ttl: "60s" },
      namespaces: [{ name: "log", ...long }],
    };
    expect(warningsOf({ client: keyed, channel })).toEqual([]);
    expect(valid({ client: keyed, channel }).client.recovery_max_publication_limit).toBe(1_000);
    expect(valid({ client: keyed }).client.recovery_max_publication_limit).toBe(300);
    const client = { ...keyed, recovery_max_publication_limit: 300 };
    const words =
      "is above client.recovery_max_publication_limit (300): a client that missed more than the limit is not recovered";
    expect(warningsOf({ client, channel })).toEqual([
      `channel.without_namespace.history_size: 301 ${words}`,
      `channel.namespaces[0].history_size: 1000 ${words}`,
    ]);
    expect(valid({ client, channel }).client.recovery_max_publication_limit).toBe(300);
    expect(valid({ client: { ...client, recovery_max_publication_limit: null } }).client).toMatchObject({
      recovery_max_publication_limit: 300,
    });
    expect(errorsOf({ client: { recovery_max_publication_limit: 0 } })).toHaveLength(1);
  });
});

describe("the connection limit", () => {
  test.each([
    [50_000, 1_048_576, 50_000, false],
    [50_000, 20_000, 19_800, true],
    [19_800, 20_000, 19_800, false],
    [0, 20_000, 19_800, true],
    [50_000, Number.POSITIVE_INFINITY, 50_000, false],
    [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, true],
    [8, 100, 1, true],
  ])("[CF56] F25: of %p wanted and %p open files it is %p", (wanted, files, limit, isReduced) => {
    expect(connectionLimitWithin(wanted, files)).toEqual({ limit, isReduced });
  });
});
