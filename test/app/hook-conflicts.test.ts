import { expect, test } from "bun:test";
import { hookConflicts } from "../../src/app/http-hooks.ts";
import { valid } from "../config/support.ts";

const endpoint = "http://127.0.0.1:1/hook";

test("[HH5] hooks that decide are refused beside an application, each by its option", () => {
  const config = valid({
    client: { proxy: { connect: { enabled: true, endpoint } } },
    channel: {
      proxy: { subscribe: { endpoint } },
      namespaces: [{ name: "chat", subscribe_proxy_enabled: true }],
    },
    rpc: { proxy: { endpoint }, without_namespace: { proxy_enabled: true } },
  });
  expect(hookConflicts(config).map((line) => line.split(":")[0])).toEqual([
    "client.proxy.connect.enabled",
    "channel.namespaces[0].subscribe_proxy_enabled",
    "rpc.without_namespace.proxy_enabled",
  ]);
  expect(hookConflicts(valid({}))).toEqual([]);
});
