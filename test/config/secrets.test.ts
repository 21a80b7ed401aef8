import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { parseConfig } from "../../src/config/parse.ts";
import { testTimeout } from "../support/patience.ts";
import { errorsOf, everyOption, load, loaded, valid, warningsOf, withOption } from "./support.ts";

setDefaultTimeout(testTimeout);

const secrets = everyOption().filter(({ option }) => option.notes.secret !== undefined);

/** Every place of a hook's options. */
const proxyPaths = [
  "client.proxy.connect",
  "client.proxy.refresh",
  "client.proxy.connected",
  "client.proxy.disconnect",
  "channel.proxy.subscribe",
  "channel.proxy.publish",
  "channel.proxy.sub_refresh",
  "channel.proxy.unsubscribe",
  "channel.proxy.channel_state",
  "rpc.proxy",
  "proxies[0]",
];
const proxySecrets = (path: string) => [`${path}.endpoint`, `${path}.http.tls.key_pem`, `${path}.http.static_headers`];

/** All that is ever written about a configuration; what a start writes is a part of what `--check-config` does. */
function written(from: Parameters<typeof load>[0]): string {
  return [["--print-config"], ["--check-config"]]
    .map((argv) => load({ ...from, argv }))
    .map((result) => JSON.stringify(result))
    .join();
}

describe("secrets", () => {
  test("the secrets are known", () => {
    expect(secrets.map(({ path }) => path)).toEqual([
      "http_server.tls.key_pem",
      "client.token.hmac_secret_key",
      "client.token.hmac_previous_secret_key",
      "client.token.jwks_public_endpoint",
      "client.subscription_token.hmac_secret_key",
      "client.subscription_token.hmac_previous_secret_key",
      "client.subscription_token.jwks_public_endpoint",
      ...proxyPaths.flatMap(proxySecrets),
      "proxy.signing_key",
      "proxy.signing_key_previous",
      "engine.redis.sentinel_password",
      "engine.redis.sentinel_tls.key_pem",
      "engine.redis.password",
      "engine.redis.tls.key_pem",
      "broker.nats.url",
      "broker.nats.tls.key_pem",
      "http_api.key",
      "http_api.keys[0].key",
      "prometheus.key",
      "console.key",
    ]);
  });

  test.each(secrets.map(({ path }) => path))("[CF86] %s is repeated in no error, warning or print", (path) => {
    const values = [
      "sesame",
      ["sesame"],
      { sesame: "sesame" },
      { key: "sesame" },
      [["sesame"]],
      "https://ann:sesame@h/?k=sesame",
      "sesame://sesame/sesame",
      5_318_008,
    ];
    for (const value of values) {
      const name = path.includes("keys[0]") ? { name: "ci" } : {};
      const input = withOption(path, value);
      if ("name" in name) Object.assign(Object(Reflect.get(Object(input["http_api"]), "keys")[0]), name);
      const files = { "/work/config.json": JSON.stringify(input) };
      // The name of an unknown option or of a header is told, because it is a name: it is not where a secret stands.
      const text = written({ files }).replaceAll(".sesame", "").replaceAll('\\"sesame\\": \\"***', "");
      expect(text).not.toMatch(/sesame|5318008/);
    }
  });

  test("[CF86] a secret in the wrong place, in broken JSON or in a variable is not repeated either", () => {
    const files = [
      '{"http_api": {"key": sesame}}',
      '{"http_api": {"key": "sesame}}',
      '{"http_api": ["sesame"], "client": {"token": ["sesame"]}}',
      '{"admin": {"password": "sesame", "secret": "sesame"}, "http_api": {"keys": ["sesame"]}}',
      '{"engine": {"redis": {"password": ["sesame"]}}, "broker": {"nats": {"url": "sesame", "tls": "sesame"}}}',
      '{"grpc_api": {"enabled": true, "key": "sesame"}}',
      '{"client": {"allowed_origins": {"key": "sesame"}}}',
    ];
    for (const text of files) expect(written({ files: { "/work/config.json": text } })).not.toContain("sesame");
    for (const name of [
      "CHORUS_HTTP_API_KEY",
      "CHORUS_HTTP_API_KEYS",
      "CHORUS_ADMIN_PASSWORD",
      "CHORUS_HTTP_API_KYE",
    ]) {
      expect(written({ env: { [name]: "sesame" } })).not.toContain("sesame");
    }
    expect(written({ env: { CHORUS_CHANNEL_NAMESPACES: '[{"sesame' } })).not.toContain("sesame");
  });

  const keys = secrets.map(({ path }) => path).filter((path) => !/key_pem|endpoint|headers/.test(path));
  const edges = "expected no white space or line break at the beginning or the end: remove it, in a shell by printf %s";
  test.each(keys)("[CF97] white space at the ends of %s is refused, and the remedy is told", (path) => {
    const name = path.includes("keys[0]") ? { name: "ci" } : {};
    const linesOf = (value: string) => {
      const input = withOption(path, value);
      if ("name" in name) Object.assign(Object(Reflect.get(Object(input["http_api"]), "keys")[0]), name);
      if (path.endsWith("_previous")) Object.assign(Object(input["proxy"]), { signing_key: "sesame" });
      return errorsOf(input);
    };
    for (const value of [
      "sesame\n",
      "sesame\r\n",
      " sesame",
      "sesame\t",
      "sesame\u00a0",
      "sesame\u200b",
      "\ufeffsesame",
      "\n",
    ]) {
      expect(linesOf(value)).toEqual([`${path}: ${edges}`]);
    }
    expect(linesOf("sesame seeds").length).toBe(path === "prometheus.key" || path === "console.key" ? 1 : 0);
  });

  test("[CF97] a key that no HTTP header can carry is refused", () => {
    const words = "expected a key of visible ASCII characters, because an HTTP header carries it";
    for (const key of ["schl\u00fcssel", "se\nsame", "\u30ad\u30fc"]) {
      expect(errorsOf({ http_api: { key, keys: [{ name: "ci", key }] }, prometheus: { key } })).toEqual([
        `http_api.key: ${words}`,
        `http_api.keys[0].key: ${words}`,
        "prometheus.key: expected a key of visible ASCII characters without blanks, because it is a bearer token",
      ]);
    }
    expect(errorsOf({ client: { token: { hmac_secret_key: "schl\u00fcssel, se\nsame" } } })).toEqual([]);
  });

  test("a key of fewer than six characters is one warning that does not tell it", () => {
    const token = { hmac_secret_key: "q", hmac_previous_secret_key: "qq" };
    const lines = warningsOf({
      client: { token, subscription_token: { enabled: true, hmac_secret_key: "qqqqq" } },
      http_api: {
        key: "x",
        keys: [
          { name: "ci", key: "zzz" },
          { name: "cd", key: "sesame" },
        ],
      },
      prometheus: { key: "y" },
    });
    const words = "shorter than 6 characters, which is quickly guessed: use a long random one";
    expect(lines).toEqual([
      `client.token.hmac_secret_key: ${words}`,
      `client.token.hmac_previous_secret_key: ${words}`,
      `client.subscription_token.hmac_secret_key: ${words}`,
      `http_api.key: ${words}`,
      `http_api.keys[0].key: ${words}`,
      `prometheus.key: ${words}`,
    ]);
  });

  test("[CF87] what is printed is a file that says the same, but for the secrets", () => {
    const input = {
      http_server: { internal_port: 9000, trusted_proxies: ["10.0.0.0/8"] },
      client: { ping_interval: "1m30s", allow_anonymous_connect_without_token: true },
      channel: { history_meta_ttl: "2h", namespaces: [{ name: "chat", history_size: 1, history_ttl: "90m" }] },
      http_api: { keys: [{ name: "ci", key: "sesame", methods: ["publish"] }] },
    };
    const result = load({ argv: ["--print-config"], files: { "/work/config.json": JSON.stringify(input) } });
    const printed = JSON.parse(result.kind === "print" ? result.text : "{}");
    expect(printed).toMatchObject({
      http_server: { internal_port: 9000, port: 8080 },
      client: { ping_interval: "1m30s", token: { hmac_secret_key: "" } },
      channel: { namespaces: [{ history_ttl: "1h30m", presence: false }] },
      http_api: { keys: [{ name: "ci", key: "***", methods: ["publish"], channels: [] }] },
    });
    printed.http_api.keys[0].key = "sesame";
    expect(valid(printed)).toEqual(valid(input));
    const plain = load({ argv: ["--print-config"] });
    expect(parseConfig(JSON.parse(plain.kind === "print" ? plain.text : ""), "file")).toMatchObject({
      value: { config: loaded({}).config },
    });
  });

  test("a URL is printed without what may let somebody in", () => {
    const env = { CHORUS_CLIENT_TOKEN_JWKS_PUBLIC_ENDPOINT: "https://ann:sesame@keys.example:8443/set?key=sesame" };
    const result = load({ argv: ["--print-config"], env });
    expect(result.kind === "print" && JSON.parse(result.text).client.token.jwks_public_endpoint).toBe(
      "https://***@keys.example:8443/set?***",
    );
  });

  test("[CF87] the placeholders of a URL are printed as they stand in the file", () => {
    const endpoint = "https://{{tenant}}.example/{{app}}/keys";
    const token = {
      jwks_public_endpoint: endpoint,
      issuer_regex: "^(?P<tenant>a|b)$",
      audience_regex: "^(?P<app>x|y)$",
    };
    const result = load({
      argv: ["--print-config"],
      files: { "/work/config.json": JSON.stringify({ client: { token } }) },
    });
    expect(result.kind === "print" && JSON.parse(result.text).client.token).toMatchObject(token);
  });
});
