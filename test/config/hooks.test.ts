import { describe, expect, test } from "bun:test";
import { errorsOf, warningsOf } from "./support.ts";

const endpoint = "http://127.0.0.1:1/hook";
const transform = (entry: object) => ({
  rpc: { proxy: { endpoint, http: { status_to_code_transforms: [entry] } } },
});

describe("hooks of the configuration", () => {
  test.each<[string, object, string]>([
    [
      "a connect hook without an endpoint",
      { client: { proxy: { connect: { enabled: true } } } },
      "client.proxy.connect.endpoint: ",
    ],
    [
      "a namespace's hook without an endpoint",
      { channel: { without_namespace: { publish_proxy_enabled: true } } },
      "channel.proxy.publish.endpoint: ",
    ],
    [
      "a hook over gRPC",
      { client: { proxy: { connect: { enabled: true, endpoint: "grpc://127.0.0.1:1" } } } },
      "client.proxy.connect.endpoint: expected a URL that begins with http:// or https://: hooks over gRPC are not supported",
    ],
    [
      "an endpoint without a scheme, which is gRPC",
      { rpc: { proxy: { endpoint: "127.0.0.1:9" } } },
      "rpc.proxy.endpoint: ",
    ],
    ["a reserved name", { proxies: [{ name: "default", endpoint }] }, "proxies[0].name: "],
    [
      "a name twice",
      {
        proxies: [
          { name: "aa", endpoint },
          { name: "aa", endpoint },
        ],
      },
      "proxies[1].name: ",
    ],
    ["a short name", { proxies: [{ name: "a", endpoint }] }, "proxies[0].name: "],
    [
      "an unknown name, also where the hook is off",
      { channel: { without_namespace: { subscribe_proxy_name: "gone" } } },
      "channel.without_namespace.subscribe_proxy_name: ",
    ],
    [
      "an unknown name of calls",
      { rpc: { without_namespace: { proxy_name: "gone" } } },
      "rpc.without_namespace.proxy_name: ",
    ],
    ["a transform without a target", transform({ status_code: 404 }), "rpc.proxy.http.status_to_code_transforms[0]: "],
    [
      "a transform with two",
      transform({ status_code: 404, to_error: { code: 1 }, to_disconnect: { code: 4000 } }),
      "rpc.proxy.http.status_to_code_transforms[0]: ",
    ],
    [
      "a header with a line break",
      { rpc: { proxy: { endpoint, http: { static_headers: { "x-a": "b\r\nevil: 1" } } } } },
      "rpc.proxy.http.static_headers.x-a: expected a text without line breaks",
    ],
    [
      "a certificate without its key",
      { rpc: { proxy: { endpoint, http: { tls: { enabled: true, cert_pem: "a.pem" } } } } },
      "rpc.proxy.http.tls: ",
    ],
    ["a previous key alone", { proxy: { signing_key_previous: "sesame" } }, "proxy.signing_key_previous: "],
  ])("[HH5] %s is refused with its place", (_, input, line) => {
    expect(errorsOf(input).map((each) => each.slice(0, line.length))).toContain(line);
  });

  test("calls may be turned on without an endpoint, as in Centrifugo", () => {
    expect(errorsOf({ rpc: { without_namespace: { proxy_enabled: true } } })).toEqual([]);
  });
});

test("[CF119] an option that is read and has no effect is one warning where it is set", () => {
  const hook = { endpoint, http_headers: ["Cookie"], http: { static_headers: { a: "b", Host: "c" } } };
  const proxy = {
    connect: { enabled: true, ...hook },
    disconnect: { enabled: true, ...hook, binary_encoding: true },
    connected: { enabled: false, ...hook },
  };
  const uni_websocket = { enabled: true, join_push_messages: true };
  const reason = "has no effect, because a request tells of events of many clients";
  expect(warningsOf({ client: { token: { hmac_secret_key: "secret" }, proxy }, uni_websocket })).toEqual([
    "uni_websocket.join_push_messages: has no effect, because each push has a frame of its own",
    ...["connect", "connected", "disconnect"].map(
      (name) =>
        `client.proxy.${name}.http.static_headers.Host: has no effect, because the HTTP client sets this header`,
    ),
    `client.proxy.disconnect.http_headers: ${reason}`,
    `client.proxy.disconnect.binary_encoding: ${reason}`,
  ]);
});
