import { describe, expect, test } from "bun:test";
import { errorsOf, load, loaded, refused, valid } from "./support.ts";

const openDoors = [
  "allow_subscribe_for_client",
  "allow_subscribe_for_anonymous",
  "allow_publish_for_client",
  "allow_publish_for_subscriber",
  "allow_publish_for_anonymous",
  "allow_presence_for_client",
  "allow_presence_for_subscriber",
  "allow_presence_for_anonymous",
  "allow_history_for_client",
  "allow_history_for_subscriber",
  "allow_history_for_anonymous",
] as const;

describe("the development profile", () => {
  test("[CF60] allows everything to everyone in channels without a namespace, with history and recovery", () => {
    const { client, channel } = valid({}, "development");
    const rules = channel.without_namespace;
    expect(client.allow_anonymous_connect_without_token).toBe(true);
    expect(openDoors.filter((name) => !rules[name])).toEqual([]);
    expect(rules).toMatchObject({
      presence: true,
      join_leave: true,
      history_size: 100,
      history_ttl: 300_000,
      force_recovery: true,
      allow_recovery: true,
      allow_positioning: true,
      // On, it would close such channels to anonymous clients.
      allow_user_limited_channels: false,
    });
  });

  test("is run where there is no file, and warns of nothing", () => {
    expect(loaded({})).toMatchObject({ profile: "development", file: null, warnings: [] });
  });

  test("keeps what it is where variables and flags change single options", () => {
    const { profile, config } = loaded({
      env: { CHORUS_CHANNEL_WITHOUT_NAMESPACE_HISTORY_SIZE: "5", CHORUS_CLIENT_TOKEN_HMAC_SECRET_KEY: "secret" },
      argv: ["--port", "9000"],
    });
    expect(profile).toBe("development");
    expect(config.channel.without_namespace).toMatchObject({ history_size: 5, history_ttl: 300_000, presence: true });
    expect(config.http_server.port).toBe(9_000);
    expect(config.client.allow_anonymous_connect_without_token).toBe(true);
  });

  test.each(["0.0.0.0", "::", "", "192.0.2.1", "chat.example"])(
    "[CF63] T81: refuses the address %p, to which a file is needed",
    (address) => {
      expect(errorsOf({ http_server: { address } }, "development")).toEqual([
        `http_server.address: expected a loopback address without a configuration file, got "${address}": ` +
          "write a file to listen on another one",
      ]);
    },
  );

  test("[CF63] T81: so it does for the internal address, the variable and the flag", () => {
    expect(errorsOf({ http_server: { internal_address: "0.0.0.0", internal_port: 9000 } }, "development")).toHaveLength(
      1,
    );
    expect(refused({ env: { CHORUS_HTTP_SERVER_ADDRESS: "0.0.0.0" } })).toEqual([
      expect.stringMatching(/write a file .*\(from CHORUS_HTTP_SERVER_ADDRESS\)$/),
    ]);
    expect(refused({ argv: ["--address", "0.0.0.0"] })).toEqual([
      expect.stringMatching(/write a file .*\(from --address\)$/),
    ]);
  });

  test.each(["127.0.0.1", "::1", "localhost"])("takes the loopback address %p", (address) => {
    expect(errorsOf({ http_server: { address, internal_port: 9000 } }, "development")).toEqual([]);
  });
});

describe("a file", () => {
  test("[CF65] allows nothing that it does not say", () => {
    const { client, channel } = valid({ channel: { namespaces: [{ name: "chat" }] } });
    expect(client.allow_anonymous_connect_without_token).toBe(false);
    for (const rules of [channel.without_namespace, ...channel.namespaces]) {
      expect(openDoors.filter((name) => rules[name])).toEqual([]);
      expect(rules).toMatchObject({ presence: false, history_size: 0, force_recovery: false });
    }
  });

  test("ends the development profile, also an empty one, and may listen anywhere", () => {
    const result = load({ files: { "/work/config.json": '{"http_server": {"address": "0.0.0.0"}}' } });
    expect(result).toMatchObject({ kind: "run", profile: "file", file: "/work/config.json" });
    expect(loaded({ files: { "/work/config.json": "{}" } }).profile).toBe("file");
  });
});
