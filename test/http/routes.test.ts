import { describe, expect, test } from "bun:test";
import { startServer } from "../../src/server.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { RawClient, type RequestShape } from "../support/raw.ts";
import { metricsKey } from "../support/scrape.ts";
import { startTestServer } from "../support/server.ts";
import type { HttpAnswer } from "../support/server-stream.ts";
import { sharedServer } from "../support/shared-server.ts";

async function ask(url: string, shape: RequestShape): Promise<HttpAnswer> {
  using client = await RawClient.connect(url);
  return await client.request(shape);
}

/** A request of a probe or a scraper: nothing of a WebSocket handshake. */
const bare = { Upgrade: null, Connection: null, "Sec-WebSocket-Key": null, "Sec-WebSocket-Version": null };

const bearer = `Authorization: Bearer ${metricsKey}`;

const keyed = { http_api: { key: "sesame" } };

/** What is answered under any Host: its target, its method and the lines that it needs. */
const open: [string, RequestShape][] = [
  ["/healthz", {}],
  ["/readyz", {}],
  ["/health", {}],
  ["/metrics", { add: [bearer] }],
  ["/api/info", { method: "POST", add: ["X-API-Key: sesame"], body: "{}" }],
  ["/api", { method: "POST", add: ["X-API-Key: sesame"], body: '{"method":"info","params":{}}' }],
  ["/api/openapi.json", {}],
];

const hosts: [string, RequestShape][] = [
  ["an address", { replace: { ...bare, Host: "10.1.2.3:8080" } }],
  ["an IPv6 address", { replace: { ...bare, Host: "[2001:db8::1]:8080" } }],
  ["a name of the inside", { replace: { ...bare, Host: "chorus_web.default.svc:8080" } }],
  ["an empty Host", { replace: { ...bare, Host: "" } }],
  ["no Host, in HTTP/1.0", { version: "HTTP/1.0", replace: { ...bare, Host: null } }],
];

describe.each([
  ["on a loopback address", {}],
  ["with a list of hosts", { http_server: { allowed_hosts: ["chat.example"] } }],
])("%s", (_, config) => {
  const server = sharedServer({ ...keyed, ...config });

  test.each(hosts)("[SE3] health, keyed metrics and the keyed API are answered under %s", async (_host, shape) => {
    for (const [target, needs] of open) {
      const { status } = await ask(server().url, { target, ...needs, ...shape });
      expect([target, status]).toEqual([target, 200]);
    }
  });

  test("[SE3] metrics and the API keep their keys under every Host, and a doubled Host is 400", async () => {
    for (const [target, method] of [
      ["/metrics", "GET"],
      ["/api/info", "POST"],
    ] as const) {
      for (const [, shape] of hosts) {
        expect(await ask(server().url, { target, method, ...shape })).toMatchObject({ status: 401 });
      }
    }
    for (const [target] of open) {
      const { status } = await ask(server().url, { target, replace: bare, add: ["Host: evil.example"] });
      expect([target, status]).toEqual([target, 400]);
    }
  });

  test("[SE3] sockets and the page are not served under a foreign name, nor without one", async () => {
    for (const target of ["/ws", "/echo", "/connection/websocket", "/", "/nothing"]) {
      const status = async (shape: RequestShape) => (await ask(server().url, { target, ...shape })).status;
      expect([target, await status({ replace: { Host: "evil.example" } })]).toEqual([target, 421]);
      expect([target, await status({ replace: { Host: "" } })]).toEqual([target, 400]);
      expect([target, await status({ version: "HTTP/1.0", replace: { Host: null } })]).toEqual([target, 400]);
    }
  });

  test("[SE3] the runtime itself refuses HTTP/1.1 without a Host (RFC 9112 3.2)", async () => {
    expect(await ask(server().url, { target: "/healthz", replace: { ...bare, Host: null } })).toMatchObject({
      status: 400,
      body: "",
    });
  });
});

test("the runtime understands Expect in lower case alone: with another case the body is awaited without a 100", async () => {
  await using server = await startTestServer(keyed);
  for (const [expectation, status] of [
    ["100-continue", 100],
    ["100-Continue", 200],
  ] as const) {
    const add = ["X-API-Key: sesame", `Expect: ${expectation}`];
    const answer = await ask(server.url, { target: "/api/info", method: "POST", replace: bare, add, body: "{}" });
    expect([expectation, answer.status]).toEqual([expectation, status]);
  }
});

describe("a Host that an allowed origin names", () => {
  const origins = ["https://chat.example", "https://*.wild.example"];
  const server = sharedServer({ client: { allowed_origins: origins } });

  test("[SE46] serves the page and sockets behind a proxy that keeps the public Host", async () => {
    for (const host of ["chat.example", "a.wild.example:443"]) {
      const replace = { Host: host };
      const page = await ask(server().url, { target: "/", replace: { ...bare, ...replace } });
      const socket = await ask(server().url, { replace, add: ["Origin: https://chat.example"] });
      expect([host, page.status, socket.status]).toEqual([host, 200, 101]);
    }
    expect(await ask(server().url, { replace: { Host: "other.example" } })).toMatchObject({ status: 421 });
  });

  test("[SE46] the list * opens no Host", async () => {
    await using any = await startTestServer({ client: { allowed_origins: ["*"] } });
    const shape = { replace: { Host: "evil.example" }, add: ["Origin: https://evil.example"] };
    expect(await ask(any.url, shape)).toMatchObject({ status: 421 });
  });
});

describe("a path is routed as it was sent", () => {
  const server = sharedServer({ ...keyed, web: { directory: import.meta.dir } });

  test.each([
    "/x/../healthz",
    "/./healthz",
    "/healthz/.",
    "/x/%2e%2e/healthz",
    "/x/%2E%2e/healthz",
    "/x/.%2e/healthz",
    "/%2e/healthz",
    "/x\\..\\healthz",
    "/x/..\\healthz",
    "//healthz",
    "/x//../../healthz",
    "/a/b/c/../../../healthz",
    `${"/a".repeat(30)}${"/..".repeat(30)}/healthz`,
    "/..",
    "/x/..",
    "/x/../",
    "/x/../routes.test.ts",
    "/x/%2e%2e/routes.test.ts",
    "http://127.0.0.1/x/../healthz",
    "/heal%74hz",
    "/healthz/",
  ])("[SE43] %s is 404", async (target) => {
    expect(await ask(server().url, { target, replace: bare })).toMatchObject({ status: 404 });
  });

  test.each(["/x/../api/info", "/api/../api/info", "/api/x/../info", "/api/./info"])(
    "[SE43] %s calls nothing, with its key",
    async (target) => {
      const shape = { target, method: "POST", replace: bare, add: ["X-API-Key: sesame"], body: "{}" };
      expect(await ask(server().url, shape)).toMatchObject({ status: 404 });
    },
  );

  test.each(["/x/../ws", "/x/%2e%2e/ws", "/./ws"])("[SE43] %s opens no socket", async (target) => {
    expect(await ask(server().url, { target })).toMatchObject({ status: 404 });
  });

  test("[SE43] dots that are no step, and a query, are as they were", async () => {
    for (const target of ["/routes.test.ts", "/routes.test.ts?x=/../y", "/routes%2etest.ts"]) {
      expect(await ask(server().url, { target, replace: bare })).toMatchObject({ status: 200 });
    }
    expect(await ask(server().url, { target: "/ws?channel=a/../b" })).toMatchObject({ status: 101 });
    const info = { add: ["X-API-Key: sesame"], body: '{"method":"info","params":{}}' };
    expect(await ask(server().url, { target: "/api/", method: "POST", replace: bare, ...info })).toMatchObject({
      status: 200,
    });
  });
});

describe("what is served with a configuration file, and without one", () => {
  const paths = ["/", "/api/openapi.json", "/healthz", "/metrics", "/echo"];

  test.each([
    [
      "with a file: metrics need their key on a loopback address too, there is no echo",
      "file",
      {},
      [200, 200, 200, 401, 404],
    ],
    ["with a file that turns the page off", "file", { web: { enabled: false } }, [404, 200, 200, 401, 404]],
    ["with a file that turns the echo on", "file", { echo: { enabled: true } }, [200, 200, 200, 401, 426]],
    ["in the development profile", "development", {}, [200, 200, 200, 200, 426]],
  ] as const)("[EP8] %s", async (_, profile, config, expected) => {
    const options = { profile, log: new CapturedLog().log };
    const server = await startServer(
      { http_server: { port: 0 }, engine: { type: "memory" }, ...keyed, ...config },
      options,
    );
    const status = async (target: string) => (await ask(server.url, { target, replace: bare })).status;
    expect(await Promise.all(paths.map(status))).toEqual([...expected]);
    await server.stop();
  });
});

describe("a refused upgrade is logged", () => {
  test("[SE44] with its reason, origin, host and path, and without its query", async () => {
    await using server = await startTestServer({ engine: { type: "memory" } }, { profile: "development" });
    const { host } = new URL(server.url);
    await ask(server.url, { target: "/ws?token=secret", add: ["Origin: https://evil.example"] });
    const line = { level: "info", reason: "origin", status: 403, path: "/ws", host, origin: "https://evil.example" };
    expect(await server.log.next("upgrade.refused")).toMatchObject(line);
    await ask(server.url, { replace: { Host: "tunnel.example" }, add: ["Origin: https://tunnel.example"] });
    expect(await server.log.next("upgrade.refused")).toMatchObject({
      reason: "host",
      status: 421,
      host: "tunnel.example",
    });
    expect(server.log.count("secret")).toBe(0);
    expect(await server.metric('chorus_connections_refused_total{reason="host"}')).toBe(1);
  });

  test("[SE44] at most ten times at once for a reason, however many there are", async () => {
    await using server = await startTestServer();
    for (let count = 0; count < 40; count += 1) await ask(server.url, { add: ["Origin: https://evil.example"] });
    await ask(server.url, { replace: { Host: "evil.example" } });
    expect(server.log.count("upgrade.refused")).toBeLessThan(20);
    expect(await server.metric('chorus_connections_refused_total{reason="origin"}')).toBe(40);
  });
});
