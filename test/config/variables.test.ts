import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { everyOption, load, loaded, refused } from "./support.ts";

setDefaultTimeout(testTimeout);

const open = '"client": {"allow_anonymous_connect_without_token": true}';

describe("variables", () => {
  test("[CF75] a variable's text becomes what its option is", () => {
    const { config, warnings } = loaded({
      env: {
        CHORUS_HTTP_SERVER_PORT: "9000",
        CHORUS_HTTP_SERVER_INTERNAL_PORT: "9001",
        CHORUS_ECHO_ENABLED: "0",
        CHORUS_PROMETHEUS_ENABLED: "False",
        CHORUS_CLIENT_PING_INTERVAL: "30s",
        CHORUS_CLIENT_ALLOWED_ORIGINS: " https://a.example  https://b.example ",
        CHORUS_HTTP_SERVER_TRUSTED_PROXIES: "",
        CHORUS_CLIENT_TOKEN_HMAC_SECRET_KEY: "two words",
        CHORUS_CHANNEL_NAMESPACES: '[{"name": "chat", "presence": true}]',
      },
    });
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      http_server: { port: 9_000, internal_port: 9_001, trusted_proxies: [] },
      echo: { enabled: false },
      prometheus: { enabled: false },
      client: {
        ping_interval: 30_000,
        allowed_origins: ["https://a.example", "https://b.example"],
        token: { hmac_secret_key: "two words" },
      },
      channel: { namespaces: [{ name: "chat", presence: true }] },
    });
  });

  test.each([
    ["CHORUS_ECHO_ENABLED", "yes", 'echo.enabled: expected true or false, got "yes"'],
    ["CHORUS_ECHO_ENABLED", "constructor", 'echo.enabled: expected true or false, got "constructor"'],
    ["CHORUS_HTTP_SERVER_PORT", "", 'http_server.port: expected a whole number from 0 to 65535, got ""'],
    ["CHORUS_HTTP_SERVER_PORT", "1e3", 'http_server.port: expected a whole number from 0 to 65535, got "1e3"'],
    ["CHORUS_CHANNEL_NAMESPACES", "[{sesame", "channel.namespaces: expected a list of objects, got a string"],
  ])("%s=%s cannot be read", (name, text, line) => {
    expect(refused({ env: { [name]: text } })).toEqual([`${line} (from ${name})`]);
  });

  test("[CF77] every option has a variable of its own", () => {
    const paths = everyOption()
      .map(({ path }) => path)
      .filter((path) => !path.includes("["));
    const names = paths.map((path) => `CHORUS_${path.replaceAll(".", "_").toUpperCase()}`);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      const result = load({ env: { [name]: "?".repeat(8) } });
      if (result.kind === "run") expect(result.warnings).toEqual([]);
      else if (result.kind === "errors") expect(result.lines).toEqual([expect.stringContaining(`(from ${name})`)]);
    }
  });

  test("[CF78] a variable that names no option is one warning, with the nearest that does", () => {
    expect(loaded({ env: { CHORUS_CLEINT_INSECURE: "sesame", HOME: "/root", CHORUSES: "1" } }).warnings).toEqual([
      "CHORUS_CLEINT_INSECURE: names no option, the nearest is CHORUS_CLIENT_INSECURE",
    ]);
  });

  test("what Kubernetes sets is ignored in silence", () => {
    const env = {
      CHORUS_PORT: "tcp://10.0.0.1:80",
      CHORUS_PORT_80_TCP_ADDR: "10.0.0.1",
      CHORUS_SERVICE_HOST: "10.0.0.1",
    };
    expect(loaded({ env }).warnings).toEqual([]);
  });

  test("an option that only Centrifugo has is the same warning from a variable", () => {
    expect(
      loaded({ env: { CHORUS_ADMIN_ENABLED: "true", CHORUS_SSE_MAX_REQUEST_BODY_SIZE: "65536" } }).warnings,
    ).toEqual(["admin.enabled: not supported, the server goes on without it (from CHORUS_ADMIN_ENABLED)"]);
  });
});

describe("variables of Centrifugo", () => {
  test("[CF103] they are read in Centrifugo's form, below those of Chorus and above the file", () => {
    const { config, warnings } = loaded({
      files: {
        "/work/config.json": `{"http_server": {"address": "::1", "port": 1}, "plain": {"channel": "aa"}, ${open},
          "channel": {"namespaces": [{"name": "chat"}, {"name": "my-room.a"}]}}`,
      },
      env: {
        CENTRIFUGO_HTTP_SERVER_PORT: "2",
        CENTRIFUGO_HTTP_SERVER_ADDRESS: "127.0.0.1",
        CHORUS_HTTP_SERVER_PORT: "3",
        CENTRIFUGO_CLIENT_ALLOWED_ORIGINS: "https://a.example https://b.example",
        CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_PRESENCE: "T",
        CENTRIFUGO_CHANNEL_NAMESPACES_CHAT_HISTORY_SIZE: "5",
        CENTRIFUGO_CHANNEL_NAMESPACES_CHAT_HISTORY_TTL: "60s",
        CENTRIFUGO_CHANNEL_NAMESPACES_MY_ROOM_A_JOIN_LEAVE: "true",
      },
    });
    expect(warnings).toEqual([]);
    expect(config.http_server).toMatchObject({ port: 3, address: "127.0.0.1" });
    expect(config.client.allowed_origins).toEqual(["https://a.example", "https://b.example"]);
    expect(config.channel.without_namespace.presence).toBe(true);
    expect(config.channel.namespaces).toMatchObject([
      { name: "chat", history_size: 5, history_ttl: 60_000, join_leave: false },
      { name: "my-room.a", history_size: 0, join_leave: true },
    ]);
  });

  test("[CF103] namespaces may come from a variable, and each option of them from another", () => {
    const env = {
      CENTRIFUGO_CHANNEL_NAMESPACES: '[{"name": "chat"}]',
      CHORUS_CHANNEL_NAMESPACES_CHAT_PRESENCE: "1",
    };
    expect(refused({ env: { ...env, CHORUS_CHANNEL_NAMESPACES_CHAT_HISTORY_SIZE: "many" } })).toEqual([
      'channel.namespaces[0].history_size: expected a whole number from 0 to 4294967295, got "many" ' +
        "(from CENTRIFUGO_CHANNEL_NAMESPACES, CHORUS_CHANNEL_NAMESPACES_CHAT_PRESENCE, CHORUS_CHANNEL_NAMESPACES_CHAT_HISTORY_SIZE)",
    ]);
    expect(loaded({ env }).config.channel.namespaces).toMatchObject([{ name: "chat", presence: true }]);
  });

  test("[CF103] names make a list, whose objects have variables; an empty variable is none", () => {
    const { config, warnings } = loaded({
      files: {
        "/work/config.json": `{${open}, "http_server": {"port": 1}, "proxies": [{"name": "late", "endpoint": "http://a/"}]}`,
      },
      env: {
        CENTRIFUGO_HTTP_SERVER_PORT: "",
        CENTRIFUGO_CHANNEL_NAMESPACES: "chat news.all",
        CENTRIFUGO_CHANNEL_NAMESPACES_NEWS_ALL_HISTORY_SIZE: "5",
        CENTRIFUGO_CHANNEL_NAMESPACES_NEWS_ALL_HISTORY_TTL: "60s",
        CENTRIFUGO_RPC_NAMESPACES: "math",
        CENTRIFUGO_RPC_NAMESPACES_MATH_PROXY_ENABLED: "true",
        CENTRIFUGO_RPC_NAMESPACES_MATH_PROXY_NAME: "late",
        CENTRIFUGO_PROXIES_LATE_TIMEOUT: "3s",
        CENTRIFUGO_PROXIES_LATE_HTTP_STATIC_HEADERS: '{"X-A": "b"}',
      },
    });
    expect(warnings).toEqual([]);
    expect(config.http_server.port).toBe(1);
    expect(config.channel.namespaces).toMatchObject([
      { name: "chat", history_size: 0 },
      { name: "news.all", history_size: 5 },
    ]);
    expect(config.rpc.namespaces).toMatchObject([{ name: "math", proxy_enabled: true, proxy_name: "late" }]);
    expect(config.proxies).toMatchObject([{ name: "late", timeout: 3_000, http: { static_headers: { "X-A": "b" } } }]);
  });

  test("[CF103] each that is not supported is one warning, and one without which it is unsafe stops the start", () => {
    const env = {
      CENTRIFUGO_ADMIN_ENABLED: "true",
      CENTRIFUGO_RPC_PING_ENABLED: "true",
      CENTRIFUGO_CONSUMERS: "[]",
      CENTRIFUGO_TOKEN_HMAC_SECRET_KEY: "sesame",
      CENTRIFUGO_HTTP_SERVER_PROT: "1",
      CENTRIFUGO_NO_SUCH_THING: "1",
      CENTRIFUGO_CHANNEL_NAMESPACES_GONE_PRESENCE: "true",
    };
    expect(loaded({ env }).warnings).toEqual([
      "admin.enabled: not supported, the server goes on without it (from CENTRIFUGO_ADMIN_ENABLED)",
      "rpc.ping.enabled: not supported, the server goes on without it (from CENTRIFUGO_RPC_PING_ENABLED)",
      "CENTRIFUGO_TOKEN_HMAC_SECRET_KEY: names no option, write CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY",
      "CENTRIFUGO_HTTP_SERVER_PROT: names no option, the nearest is CENTRIFUGO_HTTP_SERVER_PORT",
      "CENTRIFUGO_NO_SUCH_THING: names no option",
      "CENTRIFUGO_CHANNEL_NAMESPACES_GONE_PRESENCE: names no option",
    ]);
    expect(
      refused({ env: { CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_SUBSCRIBE_STREAM_PROXY_ENABLED: "true" } })[0],
    ).toStartWith(
      "channel.without_namespace.subscribe_stream_proxy_enabled: not supported, and going on without it is unsafe: ",
    );
  });

  test("[CF78] what Kubernetes or a template sets is ignored in silence", () => {
    const env = {
      CENTRIFUGO_PORT: "tcp://10.0.0.1:80",
      CENTRIFUGO_PORT_8000_TCP: "tcp://10.0.0.1:8000",
      CENTRIFUGO_INTERNAL_SERVICE_HOST: "10.0.0.1",
      CENTRIFUGO_VAR_TENANT: "a",
    };
    expect(loaded({ env }).warnings).toEqual([]);
  });
});
