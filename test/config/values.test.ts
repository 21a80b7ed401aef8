import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { errorsOf, everyOption, valid, warningsOf, withOption } from "./support.ts";

setDefaultTimeout(testTimeout);

describe("values", () => {
  test.each<[string, unknown, string]>([
    ["channel.without_namespace.history_ttl", "sixty", 'expected a duration such as "60s", got "sixty"'],
    ["client.ping_interval", 25, 'expected a duration such as "60s", got 25'],
    ["client.ping_interval", "10ms", "expected at least 1s, got 10ms"],
    ["channel.without_namespace.history_ttl", "1500ms", "expected whole seconds, got 1s500ms"],
    ["client.ping_interval", "9223372037s", 'expected at most 2562047h47m16s854ms, got "9223372037s"'],
    [
      "client.token.hmac_previous_secret_key_valid_until",
      1e19,
      "expected a whole number from 0 to 9223372036854775808, got 10000000000000000000",
    ],
    ["client.token.audience", "app ", 'expected a text without white space at its ends, got "app "'],
    ["client.token.issuer", "\nme", 'expected a text without white space at its ends, got "\\nme"'],
    ["http_server.port", "8080", 'expected a whole number from 0 to 65535, got "8080"'],
    ["http_server.port", 65_536, "expected a whole number from 0 to 65535, got 65536"],
    ["http_server.port", -1, "expected a whole number from 0 to 65535, got -1"],
    ["http_server.port", 80.5, "expected a whole number from 0 to 65535, got 80.5"],
    ["http_server.internal_port", "http", 'expected a port from 0 to 65535, got "http"'],
    ["http_server.internal_port", 65_536, "expected a port from 0 to 65535, got 65536"],
    ["http_server.internal_port", -1, "expected a port from 0 to 65535, got -1"],
    ["http_server.address", "127.0.0.1:80", 'expected an IP address or a host name, got "127.0.0.1:80"'],
    ["http_server.address", "http://localhost", 'expected an IP address or a host name, got "http://localhost"'],
    ["http_server.trusted_proxies", ["10.0.0.0/33"], 'expected an IP address or a CIDR, got "10.0.0.0/33"'],
    [
      "http_server.allowed_hosts",
      ["https://a.example"],
      'expected a host such as "chat.example", got "https://a.example"',
    ],
    [
      "client.allowed_origins",
      ["https://a.example/"],
      'expected "*" or an origin such as "https://app.example.com", got "https://a.example/"',
    ],
    [
      "client.allowed_origins",
      ["a.example"],
      'expected "*" or an origin such as "https://app.example.com", got "a.example"',
    ],
    ["client.allowed_origins", true, "expected a list of texts, got a boolean"],
    ["client.insecure", "yes", 'expected true or false, got "yes"'],
    ["client.insecure", null, "expected true or false, got null"],
    ["client.channel_limit", 0, "expected a whole number from 1 to 4294967295, got 0"],
    ["plain.binary_size_limit", 4_294_967_296, "expected a whole number from 1 to 4294967295, got 4294967296"],
    ["client", 7, "expected an object, got a number"],
    ["client.token", ["x"], "expected an object, got a list"],
    ["channel.namespaces", { chat: {} }, "expected a list of objects, got an object"],
    ["channel.namespaces[0].name", "c", 'expected two or more letters, digits, -, _ or ., got "c"'],
    ["channel.namespaces[0].name", "a:b", 'expected two or more letters, digits, -, _ or ., got "a:b"'],
    ["channel.namespaces[0]", ["x"], "expected an object, got a list"],
    ["engine.type", "nats", 'expected "sqlite", "memory" or "redis", got "nats"'],
    ["engine.sqlite.synchronous", "off", 'expected "full" or "normal", got "off"'],
    ["log.level", "loud", 'expected "trace", "debug", "info", "warn", "error", "fatal" or "none", got "loud"'],
    ["prometheus.handler_prefix", "metrics", 'expected a path such as "/metrics", got "metrics"'],
    ["push_log.path", "", 'expected a path, got ""'],
    ["plain.channel", "", 'expected the name of a channel, got ""'],
  ])("[CF10] %s: %p is told with its path, what was expected and what came", (path, value, words) => {
    const [line = ""] = errorsOf(withOption(path, value));
    const isOfItem = Array.isArray(value) && line.startsWith(`${path}[0]`);
    expect(line).toBe(`${path}${isOfItem ? "[0]" : ""}: ${words}`);
  });

  test.each<[string, unknown, unknown]>([
    ["http_server.internal_port", "9000", 9_000],
    ["http_server.internal_port", 9_000, 9_000],
    ["http_server.internal_port", "", null],
    ["http_server.address", "::1", "::1"],
    ["http_server.address", "", ""],
    ["http_server.address", "localhost", "localhost"],
    ["http_server.trusted_proxies", ["10.0.0.0/8", "2001:db8::/32", "::1"], ["10.0.0.0/8", "2001:db8::/32", "::1"]],
    ["http_server.allowed_hosts", ["chat.example:8443", "[::1]"], ["chat.example:8443", "[::1]"]],
    ["client.allowed_origins", ["*"], ["*"]],
    ["client.allowed_origins", ["null", "capacitor://localhost"], ["null", "capacitor://localhost"]],
    ["client.allowed_origins", ["https://*.example.org:8443"], ["https://*.example.org:8443"]],
    ["client.ping_interval", "1m30s", 90_000],
    ["client.token.hmac_previous_secret_key_valid_until", 2 ** 63 - 1, 2 ** 63],
    ["client.expired_close_delay", "0", 0],
    ["http_api.error_mode", "transport", "transport"],
    ["channel.publication_data_format", "json_object", "json_object"],
  ])("%s: %p is taken", (path, value, expected) => {
    const found = path
      .split(".")
      .reduce<unknown>((place, key) => Reflect.get(Object(place), key), valid(withOption(path, value)));
    expect(found).toEqual(expected);
  });

  test("[CF10] what a list's object must have is told by its name", () => {
    expect(errorsOf({ channel: { namespaces: [{ presence: true }] }, http_api: { keys: [{ name: "ci" }] } })).toEqual([
      "channel.namespaces[0].name: expected a value, got nothing",
      "http_api.keys[0].key: expected a value, got nothing",
    ]);
  });

  test("null is an empty list, as Centrifugo writes it", () => {
    const lists = everyOption().filter(
      ({ path, option }) => /list|records/.test(option.notes.kind) && !path.includes("["),
    );
    expect(lists.map(({ path }) => path)).toContain("client.allowed_origins");
    for (const { path } of lists) expect(errorsOf(withOption(path, null))).toEqual([]);
  });

  test("no option takes a value of every type", () => {
    const values = ["no such value \n", 1.5, true, {}, [[]], null];
    for (const { path, option } of everyOption()) {
      const mistaken = values.filter((value) =>
        errorsOf(withOption(path, value)).some((line) => line.startsWith(path)),
      );
      const isText = option.notes.kind === "text";
      expect({ path, mistakes: mistaken.length >= (isText ? 5 : 4) }).toEqual({ path, mistakes: true });
    }
  });

  test("[CF14] every mistake is told at once, also those between options", () => {
    const errors = errorsOf({
      http_server: { port: "abc" },
      clint: {},
      grpc_api: { enabled: true },
      client: { pong_timeout: "1h", allowed_origins: ["*", "x"] },
      channel: {
        namespaces: [
          { name: "aa", history_ttl: "sixty", history_size: 3 },
          { name: "aa", history_size: 3 },
        ],
      },
    });
    expect(errors.map((line) => line.slice(0, line.indexOf(":")))).toEqual([
      "clint",
      "grpc_api.enabled",
      "http_server.port",
      "client.allowed_origins[1]",
      "channel.namespaces[0].history_ttl",
      "client.pong_timeout",
      "channel.namespaces[1].history_ttl",
      "channel.namespaces[1].name",
    ]);
  });

  test("a mistake is not told twice, as one of its neighbours", () => {
    const paths = (input: unknown) => errorsOf(input).map((line) => line.slice(0, line.indexOf(":")));
    expect(
      paths({ channel: { without_namespace: { history_size: "x", history_ttl: "60s", force_recovery: true } } }),
    ).toEqual(["channel.without_namespace.history_size"]);
    expect(paths({ client: { ping_interval: "x", pong_timeout: "1m" } })).toEqual(["client.ping_interval"]);
    expect(paths({ http_server: { tls: { enabled: true, cert_pem: 1, key_pem: "k" } } })).toEqual([
      "http_server.tls.cert_pem",
    ]);
  });

  test("[CF16] an error is one line, whatever a name or a value has in it", () => {
    const named = { "a\nb\u001b[31m": 1 };
    const errors = errorsOf({ ...named, log: { level: "x\r\ny" }, channel: { namespaces: [{ name: "a\nb" }] } });
    expect(errors).toHaveLength(2);
    const warnings = warningsOf(named);
    expect(warnings).toHaveLength(2);
    for (const line of [...errors, ...warnings]) expect(line).not.toMatch(/\p{Cc}/u);
  });

  test("a long value is cut in an error", () => {
    const [line = ""] = errorsOf({ log: { level: "x".repeat(10_000) } });
    expect(line.length).toBeLessThan(200);
  });

  test.each(["__proto__", "constructor", "toString"])(
    "[CF18] an option named %p is unknown and harms nothing",
    (name) => {
      const input = JSON.parse(`{"${name}": {"polluted": true}, "client": {"${name}": {"polluted": true}}}`);
      const words = "unknown option, the server goes on without it";
      expect(warningsOf(input)).toEqual(expect.arrayContaining([`${name}: ${words}`, `client.${name}: ${words}`]));
      expect(Reflect.get({}, "polluted")).toBeUndefined();
    },
  );

  test.each([[null], [undefined], [[]], ["file"], [5]])("%p is no configuration", (input) => {
    expect(errorsOf(input)).toEqual(["expected an object with options"]);
  });
});
