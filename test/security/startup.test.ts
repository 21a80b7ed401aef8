import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { ChorusProcess } from "../support/process.ts";
import { startTestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

const onFreePort = ["--port", "0"];

describe("a process that starts", () => {
  test.concurrent("[SE28] its first line says where it listens, and stdout stays empty", async () => {
    await using server = await ChorusProcess.spawn({ args: onFreePort });
    const url = await server.url();
    expect(server.firstLine).toMatchObject({ event: "server.started", url });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    server.signal("SIGTERM");
    expect(await server.ended()).toMatchObject({ code: 0, stdout: "" });
  });

  test.concurrent("[SE28] without a file it says that it runs the development profile, in which a stranger's client works", async () => {
    await using server = await ChorusProcess.spawn({ args: onFreePort, env: { CHORUS_LOG_LEVEL: "debug" } });
    const url = (await server.url()).replace("http", "ws");
    await server.log.next("profile.development");
    using ann = await new Probe(`${url}/ws`).open();
    using ben = await new Probe(`${url}/ws`).open();
    await server.log.next("connection.authenticated");
    await server.log.next("connection.authenticated");
    ann.send("hello");
    expect(await ben.nextText()).toBe("hello");
  });

  test.concurrent("[SE28] on a terminal its log is for people, and it serves them", async () => {
    await using server = await ChorusProcess.spawn({ args: onFreePort, env: { CHORUS_LOG_FORMAT: "pretty" } });
    let url: string | undefined;
    while (url === undefined) url = /http:\/\/127\.0\.0\.1:\d+/.exec(await server.nextLine())?.[0];
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test.concurrent("[SE28] every line of its log is one JSON object with an event, a level and a time", async () => {
    await using server = await ChorusProcess.spawn({ args: onFreePort, env: { CHORUS_LOG_LEVEL: "debug" } });
    const url = (await server.url()).replace("http", "ws");
    await (await new Probe(`${url}/ws`).open()).close();
    await server.log.next("connection.closed");
    server.signal("SIGINT");
    const { stderr } = await server.ended();
    expect(stderr.length).toBe(server.log.lines.length);
    for (const line of server.log.lines) {
      expect(line).toMatchObject({ event: expect.any(String), level: expect.any(String), time: expect.any(String) });
    }
  });
});

describe("a process that cannot start", () => {
  test.concurrent("a port in use is one line that says what to do, and exit 1", async () => {
    using taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const { code, stdout, stderr } = await ChorusProcess.run({ args: ["--port", String(taken.port)] });
    expect([code, stdout, stderr.length]).toEqual([1, "", 1]);
    expect(stderr[0]).toContain(`127.0.0.1:${taken.port}`);
    expect(stderr[0]).toContain("in use");
  });

  test.concurrent.each([
    ["a file that is no JSON", '{ "http_server": '],
    ["a value of another type", { http_server: { port: "many" } }],
  ])("%s is an exit with 78 and a line for each mistake", async (_, config) => {
    const { code, stdout, stderr } = await ChorusProcess.run({ config });
    expect([code, stdout]).toEqual([78, ""]);
    expect(stderr.length).toBeGreaterThan(0);
    for (const line of stderr) expect(line).toMatch(/\S{3}/);
  });

  test.concurrent("all mistakes are named at once, each with its path", async () => {
    const config = { http_server: { port: -1 }, plain: { ping_interval: "soon" }, client: { allowed_origns: [] } };
    const { code, stderr } = await ChorusProcess.run({ config });
    expect(code).toBe(78);
    expect(stderr.some((line) => line.startsWith("http_server.port: "))).toBe(true);
    expect(stderr.some((line) => line.startsWith("plain.ping_interval: "))).toBe(true);
    expect(stderr.some((line) => line.startsWith("client.allowed_origns: ") && line.includes("allowed_origins"))).toBe(
      true,
    );
  });

  test.concurrent("a file that is named and not there is an exit with 78", async () => {
    const { code, stderr } = await ChorusProcess.run({ args: ["--config", "nowhere.json"] });
    expect([code, stderr.length]).toEqual([78, 1]);
    expect(stderr[0]).toContain("nowhere.json");
  });
});

describe("defaults that are not safe (T81)", () => {
  test.concurrent("[SE22] [T81] the development profile is not served to other machines", async () => {
    const { code, stderr } = await ChorusProcess.run({ args: [...onFreePort, "--address", "0.0.0.0"] });
    expect(code).toBe(78);
    expect(stderr.join("\n")).toContain("http_server.address");
  });

  test.concurrent("[SE22] [T81] with a file nothing is allowed that it does not allow, and the start says so once", async () => {
    await using server = await ChorusProcess.spawn({ config: { http_server: { port: 0 } } });
    const url = (await server.url()).replace("http", "ws");
    const probe = new Probe(`${url}/ws`);
    expect(await (await probe.open()).closed()).toEqual(disconnects.badRequest);
    const warnings = server.log.lines.filter(({ level }) => level === "warn");
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify(warnings[0])).toContain("client.token");
  });

  test.concurrent("[SE22] [T81] insecure on an address that others reach is one loud warning, and on loopback none", async () => {
    const warnings = async (address: string) => {
      await using server = await startTestServer({ http_server: { address }, client: { insecure: true } });
      return server.log.text.filter((line) => line.includes("config.warning"));
    };
    expect(await warnings("0.0.0.0")).toEqual([expect.stringContaining("client.insecure")]);
    expect(await warnings("127.0.0.1")).toEqual([]);
  });

  test.concurrent("[SE22] [T81] there is no secret by default: a token signed with an empty or usual one is refused", async () => {
    await using server = await startTestServer({ client: { allow_anonymous_connect_without_token: false } });
    for (const token of ["eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.", "secret", "changeme"]) {
      const probe = new Probe(`${server.ws}/ws?token=${token}`);
      expect(await (await probe.open()).closed()).toEqual(disconnects.invalidToken);
    }
  });
});
