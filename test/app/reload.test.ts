import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { connect } from "node:tls";
import { planReload } from "../../src/app/reload.ts";
import type { Config, ConfigInput } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { certificate, certificateKey, renewedCertificate, renewedKey } from "../support/certificate.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { openHouse } from "../support/open-house.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { ChorusProcess } from "../support/process.ts";
import { connectionToken } from "../support/tokens.ts";

setDefaultTimeout(testTimeout);

function configured(input: ConfigInput): Config {
  const parsed = parseConfig(input, "file");
  if (!parsed.ok) throw new Error(parsed.error.join("\n"));
  return parsed.value.config;
}

describe("what a running server takes over from a new configuration", () => {
  const before: ConfigInput = {
    client: { token: { hmac_secret_key: "one secret of the tests, long enough" } },
    http_api: { key: "one" },
    channel: {
      without_namespace: { history_size: 10, history_ttl: "60s", engine: "memory" },
      namespaces: [{ name: "aa" }],
    },
  };

  test.each([
    [
      "a token key",
      { client: { token: { hmac_secret_key: "another secret, also long enough" } } },
      ["client.token.hmac_secret_key"],
      [],
    ],
    [
      "the keys of the API",
      { http_api: { key: "two", keys: [{ name: "n", key: "k" }] } },
      ["http_api.key", "http_api.keys"],
      [],
    ],
    ["no key of the API any more", { http_api: { key: "" } }, [], ["http_api.key"]],
    ["the key of the metrics", { prometheus: { key: "k" } }, ["prometheus.key"], []],
    [
      "origins",
      { client: { ...before.client, allowed_origins: ["https://a.example"] } },
      ["client.allowed_origins"],
      [],
    ],
    ["the log's level", { log: { level: "debug", format: "json" } }, ["log.level"], ["log.format"]],
    [
      "a namespace",
      { channel: { ...before.channel, namespaces: [{ name: "aa", presence: true }, { name: "bb" }] } },
      ["channel.namespaces"],
      [],
    ],
    [
      "a port and a limit",
      { http_server: { port: 9 }, client: { ...before.client, channel_limit: 9 } },
      [],
      ["http_server.port", "client.channel_limit"],
    ],
    [
      "an engine",
      { channel: { without_namespace: { engine: "sqlite" } } },
      [],
      ["channel.without_namespace.engine", "channel.namespaces"],
    ],
    [
      "the first file",
      {
        channel: {
          ...before.channel,
          namespaces: [{ name: "bb", history_size: 1, history_ttl: "1s", engine: "sqlite" }],
        },
      },
      [],
      ["channel.namespaces"],
    ],
  ] satisfies [string, ConfigInput, string[], string[]][])("[CF110] %s", (_, change, applied, refused) => {
    const plan = planReload(configured(before), configured({ ...before, ...change }));
    expect(plan.applied.toSorted()).toEqual(applied.toSorted());
    expect(plan.refused.map(({ option }) => option)).toEqual(expect.arrayContaining(refused));
    for (const { reason } of plan.refused) expect(reason).toMatch(/start/);
  });
});

describe("SIGHUP", () => {
  const base = { ...openHouse, log: { level: "debug", format: "json" } };

  test("[CF111] takes over keys, namespaces and the log's level, says what it cannot, and closes no connection", async () => {
    const config = {
      ...base,
      client: { ...base.client, token: { hmac_secret_key: "the first secret of this test, long" } },
    };
    await using server = await ChorusProcess.spawn({ config });
    const ws = (await server.url()).replace("http", "ws");
    using listener = await new Probe(`${ws}/ws?channel=news`).open();
    const secret = "the second secret of this test, long";
    await server.configure({
      ...config,
      client: { ...config.client, token: { hmac_secret_key: secret } },
      channel: { ...config.channel, namespaces: [{ ...config.channel.without_namespace, name: "added" }] },
      log: { level: "trace", format: "pretty" },
    });
    server.signal("SIGHUP");
    expect(await server.log.next("reload.refused")).toMatchObject({ option: "log.format" });
    const { options } = await server.log.next("config.reloaded");
    expect(String(options).split(" ")).toEqual(["client.token.hmac_secret_key", "channel.namespaces", "log.level"]);
    const token = await connectionToken("ann", { signedWith: secret });
    using added = await new Probe(`${ws}/ws?channel=added:news&token=${token}`).open();
    await server.log.next("connection.authenticated", { user: "ann" });
    using speaker = await new Probe(`${ws}/ws?channel=news`).open();
    await server.log.next("connection.authenticated");
    await server.log.next("connection.authenticated");
    speaker.send("still here");
    expect(await listener.nextText()).toBe("still here");
    added.send("also here");
    server.signal("SIGTERM");
    expect((await server.ended()).code).toBe(0);
  });

  test("[CF111] changes nothing where the new configuration has a mistake, and says which", async () => {
    await using server = await ChorusProcess.spawn({ config: base });
    const url = await server.url();
    await server.configure({ ...base, client: { channel_limit: "many" } });
    server.signal("SIGHUP");
    expect(await server.log.next("reload.failed")).toMatchObject({
      line: expect.stringContaining("client.channel_limit"),
    });
    await server.configure("{");
    server.signal("SIGHUP");
    await server.log.next("reload.failed");
    using probe = await new Probe(`${url.replace("http", "ws")}/echo`).open();
    probe.send("alive");
    expect(await probe.nextText()).toBe("alive");
    expect(server.isAlive).toBe(true);
  });

  test("[CF111] ends no server without a file", async () => {
    await using server = await ChorusProcess.spawn({ args: ["--port", "0"] });
    const url = await server.url();
    server.signal("SIGHUP");
    await server.log.next("config.reloaded");
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test("[CF112] takes over a renewed certificate; open sockets stay, and old and new ones share their channels", async () => {
    await using folder = await TemporaryFolder.create();
    const [cert, key] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
    await Bun.write(cert, certificate);
    await Bun.write(key, certificateKey);
    const tls = { enabled: true, cert_pem: cert, key_pem: key };
    await using server = await ChorusProcess.spawn({ config: { ...base, http_server: { ...base.http_server, tls } } });
    const url = await server.url();
    const open = () => openTls(`${url.replace("https", "wss")}/ws`);
    const old = await open();
    expect(await nameOf(url)).toBe("localhost");
    await Bun.write(cert, renewedCertificate);
    server.signal("SIGHUP");
    expect(await server.log.next("reload.failed")).toMatchObject({
      line: expect.stringContaining("do not belong together"),
    });
    expect(await nameOf(url)).toBe("localhost");
    await Bun.write(key, renewedKey);
    server.signal("SIGHUP");
    await server.log.next("certificate.renewed");
    expect(await nameOf(url)).toBe("renewed.example");
    const fresh = await open();
    for (let count = 0; count < 2; count += 1) await server.log.next("connection.authenticated");
    const heard = [next(old), next(fresh)];
    fresh.send("from the new one");
    expect(await heard[0]).toBe("from the new one");
    old.send("from the old one");
    expect(await heard[1]).toBe("from the old one");
    server.signal("SIGTERM");
    expect((await server.ended()).code).toBe(0);
  });
});

/** The common name of the certificate that a listener shows. */
async function nameOf(url: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), rejectUnauthorized: false }, () =>
    resolve(String(socket.getPeerCertificate().subject.CN)),
  );
  socket.on("error", reject);
  const name = await promise;
  socket.destroy();
  return name;
}

async function openTls(url: string): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = new WebSocket(url, { tls: { rejectUnauthorized: false } });
  socket.onopen = () => resolve();
  socket.onerror = () => reject(new Error(`${url} cannot be opened`));
  await promise;
  return socket;
}

function next(socket: WebSocket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.onmessage = ({ data }) => resolve(String(data));
  return promise;
}
