import { describe, expect, test } from "bun:test";
import { errorsOf, warningsOf, withOption } from "./support.ts";

const keyed = { client: { token: { hmac_secret_key: "secret" } } };

function paths(lines: readonly string[]): string[] {
  return lines.map((line) => line.slice(0, line.indexOf(":")));
}

describe("options that are not supported", () => {
  test.each([
    ["clint", "client"],
    ["log.lvel", "log.level"],
    ["http_server.prot", "http_server.port"],
    ["client.hmac_secret_key", "client.token.hmac_secret_key"],
    ["plain_channel", "plain.channel"],
    ["client.insecur", "client.insecure"],
    ["channel.namespaces[0].histry_size", "channel.namespaces[0].history_size"],
    ["channel.without_namespace.presense", "channel.without_namespace.presence"],
    ["http_api.keys[0].nam", "http_api.keys[0].name"],
    ["plain.chanel", "plain.channel"],
    ["admin.pasword", "admin.password"],
    ["uni_sse.connect_code_to_http_response.enabld", "uni_sse.connect_code_to_http_response.enabled"],
  ])("[CF30] %s is unknown, and the nearest known name is told", (path, nearest) => {
    expect(errorsOf(withOption(path, 1))).toContain(`${path}: unknown option, the nearest known one is ${nearest}`);
  });

  test.each<[string, unknown]>([
    ["admin.enabled", true],
    ["client.insecure_skip_token_signature_verify", true],
    ["client.channel_position_max_time_lag", "1s"],
    ["channel.without_namespace.map_users_presence_channel_prefix", "x"],
    ["channel.without_namespace.map.mode", "ephemeral"],
    ["consumers", [{ name: "kafka" }]],
    ["rpc.ping.enabled", true],
    ["websocket.compression", true],
    ["engine.redis.history_use_lists", true],
    ["http_server.tls_external", true],
    ["http_server.tls.server_name", "x"],
    ["usage_stats.disabled", true],
    ["pid_file", "/run/x"],
    ["grpc_api.port", 1],
    ["uni_grpc.max_receive_message_size", 1],
  ])("[CF31] %s is an option of Centrifugo: one warning names it, and the server starts", (path, value) => {
    const input = { ...keyed, ...withOption(path, value) };
    input.client = { ...Object(input.client), ...keyed.client };
    expect(errorsOf(input)).toEqual([]);
    expect(warningsOf(input)).toEqual([`${path}: not supported, the server goes on without it`]);
  });

  test.each([
    ["api_key", "http_api.key"],
    ["port", "http_server.port"],
    ["address", "http_server.address"],
    ["internal_port", "http_server.internal_port"],
    ["allowed_origins", "client.allowed_origins"],
    ["token_hmac_secret_key", "client.token.hmac_secret_key"],
    ["token_jwks_public_endpoint", "client.token.jwks_public_endpoint"],
    ["subscription_token_audience", "client.subscription_token.audience"],
    ["separate_subscription_token_config", "client.subscription_token.enabled"],
    ["secret", "client.token.hmac_secret_key"],
    ["client_channel_limit", "client.channel_limit"],
    ["client_insecure", "client.insecure"],
    ["api_insecure", "http_api.insecure"],
    ["ping_interval", "client.ping_interval"],
    ["allow_anonymous_connect_without_token", "client.allow_anonymous_connect_without_token"],
    ["user_subscribe_to_personal", "client.subscribe_to_user_personal_channel.enabled"],
    ["presence", "channel.without_namespace.presence"],
    ["history_size", "channel.without_namespace.history_size"],
    ["history_lifetime", "channel.without_namespace.history_ttl"],
    ["allow_publish_for_client", "channel.without_namespace.allow_publish_for_client"],
    ["proxy_subscribe", "channel.without_namespace.subscribe_proxy_enabled"],
    ["global_history_meta_ttl", "channel.history_meta_ttl"],
    ["channel_max_length", "channel.max_length"],
    ["namespaces", "channel.namespaces"],
    ["engine", "engine.type"],
    ["broker", "broker.type"],
    ["name", "node.name"],
    ["redis_address", "engine.redis.address"],
    ["redis_tls_cert", "engine.redis.tls.cert_pem"],
    ["nats_url", "broker.nats.url"],
    ["proxy_connect_endpoint", "client.proxy.connect.endpoint"],
    ["proxy_rpc_timeout", "rpc.proxy.timeout"],
    ["tls", "http_server.tls.enabled"],
    ["tls_cert", "http_server.tls.cert_pem"],
    ["tls_key_pem", "http_server.tls.key_pem"],
    ["tls_autocert_email", "http_server.tls_autocert.email"],
    ["log_level", "log.level"],
    ["shutdown_timeout", "shutdown.timeout"],
    ["admin", "admin.enabled"],
    ["admin_password", "admin.password"],
    ["prometheus", "prometheus.enabled"],
    ["health", "health.enabled"],
    ["uni_sse", "uni_sse.enabled"],
    ["grpc_api", "grpc_api.enabled"],
    ["grpc_api_key", "grpc_api.key"],
    ["websocket_disable", "websocket.disabled"],
    ["websocket_message_size_limit", "websocket.message_size_limit"],
    ["usage_stats_disable", "usage_stats.disabled"],
    ["channel.without_namespace.history_recover", "channel.without_namespace.force_recovery"],
    ["channel.namespaces[0].publish", "channel.namespaces[0].allow_publish_for_client"],
  ])("[CF101] %s is a name of Centrifugo 5 or earlier, and its new place is told", (path, place) => {
    const isText = path === "engine" || path === "broker";
    expect(errorsOf(withOption(path, isText ? "redis" : true))).toContain(
      `${path}: a name of Centrifugo 5 or earlier, now ${place}`,
    );
  });

  test.each(["sockjs", "sockjs_url", "granular_proxy_mode", "v3_use_offset"])(
    "[CF101] %s is an old name, and it is told that nothing replaces it",
    (name) => {
      const words = "a name of Centrifugo 5 or earlier, which nothing replaces: remove it";
      expect(errorsOf({ [name]: true })).toEqual([`${name}: ${words}`]);
    },
  );

  test.each(["a", "x1", "foo", "my_own_notes", "$schema", "client.colour", "http_api.keys[0].owner", "database"])(
    "[CF102] %s is unknown and near to nothing: one warning, as in Centrifugo",
    (path) => {
      const input = { ...keyed, ...withOption(path, { deep: true }) };
      input.client = { ...Object(input.client), ...keyed.client };
      const [keys] = [Reflect.get(Object(Reflect.get(input, "http_api")), "keys")];
      if (Array.isArray(keys)) Object.assign(Object(keys[0]), { name: "ci", key: "sesame" });
      expect(errorsOf(input)).toEqual([]);
      expect(warningsOf(input)).toEqual([`${path}: unknown option, the server goes on without it`]);
    },
  );

  test("so it is in a namespace", () => {
    const input = {
      ...keyed,
      channel: { namespaces: [{ name: "aa" }, { name: "bb", map_users_presence_channel_prefix: "x" }] },
    };
    expect(paths(warningsOf(input))).toEqual(["channel.namespaces[1].map_users_presence_channel_prefix"]);
  });

  test.each<[string, unknown]>([
    ["admin.enabled", false],
    ["engine.redis.presence_ttl", "1m"],
    ["engine.redis.presence_ttl", "60s"],
    ["proxies", null],
    ["channel.without_namespace.map_users_presence_channel_prefix", ""],
    ["rpc.proxy.http.static_headers", {}],
    ["engine.redis.address", ["redis://127.0.0.1:6379"]],
    ["broker", {}],
  ])("%s: %p says the same as the default, and needs no warning", (path, value) => {
    expect(warningsOf({ ...keyed, ...withOption(path, value) })).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["http_server.internal_tls.enabled", true],
    ["http_server.tls_autocert.enabled", true],
    ["http_server.tls.client_ca_pem", "ca.pem"],
    ["engine.redis.replica_client.enabled", true],
    ["broker.nats.raw_mode.enabled", true],
    ["rpc.proxy.grpc.tls.enabled", true],
    ["client.proxy.connect.grpc.tls.enabled", true],
    ["channel.namespaces[0].subscribe_stream_proxy_enabled", true],
    ["channel.without_namespace.map.remove_proxy_enabled", true],
    ["map_broker.type", "redis"],
    ["uni_grpc.enabled", true],
    ["grpc_api.enabled", true],
  ])("[CF34] %s stops the start: it would be unsafe to go on without it", (path, value) => {
    expect(paths(errorsOf(withOption(path, value)))).toContain(path);
  });

  test("a presence manager of another kind stops the start once it is enabled", () => {
    expect(paths(errorsOf({ presence_manager: { enabled: true, type: "redis" } }))).toEqual(["presence_manager.type"]);
    expect(errorsOf({ presence_manager: { enabled: false, type: "redis" } })).toEqual([]);
    expect(errorsOf({ presence_manager: { enabled: true, type: "memory" } })).toEqual([]);
  });

  test("TLS of the server itself is supported", () => {
    expect(errorsOf({ http_server: { tls: { enabled: true, cert_pem: "c.pem", key_pem: "k.pem" } } })).toEqual([]);
  });
});
