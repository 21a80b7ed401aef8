import { expect, test } from "bun:test";
import { warningsOf } from "./support.ts";

const keyed = { token: { hmac_secret_key: "secret" } };
const rights = { allow_publish_for_client: true, allow_presence_for_client: true, allow_history_for_client: true };
const words = (names: string, action: string) =>
  `holds in channels with ${names} too, where only subscribing is limited: use allow_${action}_for_subscriber`;

test("[CF105] rights of clients where names guard subscribing alone are one warning each", () => {
  const open = { allow_anonymous_connect_without_token: true };
  const limited = { ...rights, allow_user_limited_channels: true };
  expect(warningsOf({ client: open, channel: { namespaces: [{ name: "dialog", ...limited }] } })).toEqual([
    `channel.namespaces[0].allow_publish_for_client: ${words('"#"', "publish")}`,
    `channel.namespaces[0].allow_presence_for_client: ${words('"#"', "presence")}`,
    `channel.namespaces[0].allow_history_for_client: ${words('"#"', "history")}`,
  ]);
  const channel = { without_namespace: { allow_publish_for_client: true, allow_user_limited_channels: true } };
  expect(warningsOf({ client: keyed, channel })).toEqual([
    `channel.without_namespace.allow_publish_for_client: ${words('"$" or "#"', "publish")}`,
  ]);
  const own = { ...open, subscription_token: { enabled: true, hmac_secret_key: "secret" } };
  expect(warningsOf({ client: own, channel: { without_namespace: { allow_history_for_client: true } } })).toEqual([
    `channel.without_namespace.allow_history_for_client: ${words('"$"', "history")}`,
  ]);
});

test.each([
  ["the connect hook", { client: { proxy: { connect: { enabled: true, endpoint: "http://127.0.0.1:9/connect" } } } }],
  [
    "a back end that knows users by a header",
    { client: { user_id_http_header: "X-User", allow_anonymous_connect_without_token: true } },
  ],
])("[CF105] they are warned of where %s can subscribe to private channels, and no token can", (_, input) => {
  const channel = { without_namespace: { allow_history_for_client: true } };
  expect(warningsOf({ ...input, channel })).toEqual([
    `channel.without_namespace.allow_history_for_client: ${words('"$"', "history")}`,
  ]);
});

test("[CF105] personal channels are guarded by their name, and not even that without allow_user_limited_channels", () => {
  const personal = { enabled: true, personal_channel_namespace: "own" };
  const client = { allow_anonymous_connect_without_token: true, subscribe_to_user_personal_channel: personal };
  const own = { name: "own", allow_history_for_client: true, allow_subscribe_for_client: true };
  const history = `channel.namespaces[0].allow_history_for_client: ${words('"#"', "history")}`;
  const warned = (rules: object) => warningsOf({ client, channel: { namespaces: [{ ...own, ...rules }] } });
  expect(warned({})).toEqual([
    history,
    "channel.namespaces[0].allow_subscribe_for_client: holds in the personal channels of other users too: " +
      "set allow_user_limited_channels, which leaves each to its user",
  ]);
  expect(warned({ allow_user_limited_channels: true })).toEqual([history]);
});

test.each([
  ["no token can open a private channel", { client: { allow_anonymous_connect_without_token: true } }],
  ["there are no private channels", { client: keyed, channel: { private_prefix: "" } }],
])("[CF105] they are none where %s", (_, input) => {
  const channel = { ...("channel" in input ? input.channel : {}), without_namespace: rights };
  expect(warningsOf({ ...input, channel })).toEqual([]);
});

test("[CF105] they are none for subscribers", () => {
  const own = { allow_publish_for_subscriber: true, allow_history_for_subscriber: true };
  const channel = { without_namespace: { ...own, allow_user_limited_channels: true } };
  expect(warningsOf({ client: keyed, channel })).toEqual([]);
});
