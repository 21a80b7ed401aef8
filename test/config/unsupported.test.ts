import { describe, expect, test } from "bun:test";
import { errorsOf, warningsOf, withOption } from "./support.ts";

const keyed = { client: { token: { hmac_secret_key: "secret" } } };

function paths(lines: readonly string[]): string[] {
  return lines.map((line) => line.slice(0, line.indexOf(":")));
}

describe("options that are not supported", () => {
  test.each([
    ["clint", "client"],
    ["allowed_origins", "client.allowed_origins"],
    ["token_hmac_secret_key", "client.token.hmac_secret_key"],
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
    ["client.concurrency", 8],
    ["client.insecure_skip_token_signature_verify", true],
    ["client.channel_position_max_time_lag", "1s"],
    ["channel.without_namespace.allowed_delta_types", ["fossil"]],
    ["channel.without_namespace.map.mode", "ephemeral"],
    ["consumers", [{ name: "kafka" }]],
    ["proxies", [{ name: "mine" }]],
    ["rpc.proxy.endpoint", "http://127.0.0.1"],
    ["websocket.compression", true],
    ["engine.redis.address", ["redis://127.0.0.1:1"]],
    ["http_server.tls_external", true],
    ["http_server.tls.server_name", "x"],
    ["usage_stats.disabled", true],
    ["pid_file", "/run/x"],
    ["broker.type", "redis"],
    ["grpc_api.port", 1],
    ["uni_sse.max_request_body_size", 1],
    ["admin", true],
  ])("[CF31] %s is an option of Centrifugo: one warning names it, and the server starts", (path, value) => {
    const input = { ...keyed, ...withOption(path, value) };
    input.client = { ...Object(input.client), ...keyed.client };
    expect(errorsOf(input)).toEqual([]);
    expect(warningsOf(input)).toEqual([`${path}: not supported, the server goes on without it`]);
  });

  test("so it is in a namespace", () => {
    const input = { ...keyed, channel: { namespaces: [{ name: "aa" }, { name: "bb", delta_publish: true }] } };
    expect(paths(warningsOf(input))).toEqual(["channel.namespaces[1].delta_publish"]);
  });

  test.each<[string, unknown]>([
    ["admin.enabled", false],
    ["engine.redis.presence_ttl", "1m"],
    ["engine.redis.presence_ttl", "60s"],
    ["proxies", null],
    ["channel.without_namespace.allowed_delta_types", []],
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
    ["engine.redis.tls.enabled", true],
    ["engine.redis.sentinel_tls.enabled", true],
    ["broker.nats.tls.enabled", true],
    ["rpc.proxy.grpc.tls.enabled", true],
    ["client.proxy.connect.enabled", true],
    ["client.proxy.refresh.enabled", true],
    ["channel.without_namespace.subscribe_proxy_enabled", true],
    ["channel.without_namespace.publish_proxy_enabled", true],
    ["channel.namespaces[0].sub_refresh_proxy_enabled", true],
    ["channel.namespaces[0].subscribe_stream_proxy_enabled", true],
    ["channel.without_namespace.map.remove_proxy_enabled", true],
    ["engine.type", "redis"],
    ["map_broker.type", "redis"],
    ["uni_websocket.enabled", true],
    ["uni_http_stream.enabled", true],
    ["uni_sse.enabled", true],
    ["uni_grpc.enabled", true],
    ["grpc_api.enabled", true],
    ["client.user_id_http_header", "X-User"],
  ])("[CF34] %s stops the start: it would be unsafe to go on without it", (path, value) => {
    expect(paths(errorsOf(withOption(path, value)))).toContain(path);
  });

  test.each(["broker", "presence_manager"])("a %s of another kind stops the start once it is enabled", (name) => {
    expect(paths(errorsOf({ [name]: { enabled: true, type: "nats" } }))).toEqual([`${name}.type`]);
    expect(errorsOf({ [name]: { enabled: false, type: "nats" } })).toEqual([]);
    expect(errorsOf({ [name]: { enabled: true, type: "memory" } })).toEqual([]);
  });

  test("TLS of the server itself is supported", () => {
    expect(errorsOf({ http_server: { tls: { enabled: true, cert_pem: "c.pem", key_pem: "k.pem" } } })).toEqual([]);
  });
});
