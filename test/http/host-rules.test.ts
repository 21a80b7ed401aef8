import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { chorus } from "chorus";
import { contract } from "chorus/contract";
import { CapturedLog } from "../support/captured-log.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { openHouse } from "../support/open-house.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient, type RequestShape } from "../support/raw.ts";
import { startTestServer } from "../support/server.ts";
import type { HttpAnswer } from "../support/server-stream.ts";

setDefaultTimeout(testTimeout);

/** A request without a WebSocket handshake. */
const bare = { Upgrade: null, Connection: null, "Sec-WebSocket-Key": null, "Sec-WebSocket-Version": null };

/** What a page of another site could make its browser send after its name was pointed here, and what is said beside it. */
const foreign: RequestShape[] = [
  { replace: { Host: "evil.example" } },
  { replace: { Host: "EVIL.example.:8080" }, add: ["Origin: http://evil.example.:8080"] },
  { replace: { Host: "localhost.evil.example" }, add: ["X-Forwarded-Host: localhost", "Forwarded: host=localhost"] },
  { replace: { Host: "%6cocalhost" } },
];
/** What could be read in two ways. */
const doubtful: RequestShape[] = [
  { replace: { Host: "localhost" }, add: ["Host: evil.example"] },
  { replace: { Host: "localhost,evil.example" } },
  { replace: { Host: "localhost@evil.example" } },
  { replace: { Host: "localhost:80:80" } },
];

/** The status of each form: with a handshake where the target is a path of sockets. */
async function statuses(
  ask: (shape: RequestShape) => Promise<HttpAnswer>,
  targets: readonly string[],
  forms: readonly RequestShape[],
): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (const target of targets) {
    const handshake = target.endsWith("ws") || target.endsWith("websocket") ? {} : bare;
    for (const { replace, ...rest } of forms) {
      const { status } = await ask({ target, ...rest, replace: { ...handshake, ...replace } });
      found[target] = [...new Set([...(found[target] ?? []), status])];
    }
  }
  return found;
}

const asking = (at: string | null) => async (shape: RequestShape) => {
  using client = await RawClient.connect(`http://127.0.0.1:${new URL(at ?? "").port}`);
  return await client.request(shape);
};

const every = (targets: readonly string[], status: number) =>
  Object.fromEntries(targets.map((each) => [each, [status]]));

const outside = ["/", "/ws", "/connection/websocket", "/connection/sse", "/connection/http_stream", "/emulation"];
const inside = ["/metrics", "/console", "/console/", "/console/connection/websocket"];

const enabled = {
  sse: { enabled: true },
  http_stream: { enabled: true },
  console: { enabled: true, key: "a-key-of-the-console" },
};

describe("each listener has a Host rule of its own", () => {
  // The last ones are names that a resolver knows, in letters that are not those of the rule.
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.1", "0.0.0.0"],
    ["0.0.0.0", "127.0.0.1"],
    ["LOCALHOST", "0.0.0.0"],
    ["0.0.0.0", "LOCALHOST"],
  ])(
    "[SE42] public %s, internal %s: a name that could be pointed here is 421 on loopback",
    async (address, internal) => {
      const addresses = { address, internal_address: internal, internal_port: 0 };
      await using server = await startTestServer({ http_server: addresses, ...enabled });
      for (const [url, listening, targets] of [
        [server.url, address, outside],
        [server.internalUrl, internal, inside],
      ] as const) {
        const ask = asking(url);
        expect(await statuses(ask, targets, doubtful)).toEqual(every(targets, 400));
        const isLoopback = listening !== "0.0.0.0";
        if (isLoopback) expect(await statuses(ask, targets, foreign)).toEqual(every(targets, 421));
        const own = [{ replace: { Host: "localhost:1" } }];
        const refused = Object.values(await statuses(ask, targets, isLoopback ? own : [...own, ...foreign])).flat();
        expect(refused.filter((status) => status === 421)).toEqual([]);
      }
    },
  );

  test("[SE42] the hosts of the public listener say nothing of those that reach the internal one", async () => {
    const http_server = { internal_address: "0.0.0.0", internal_port: 0, allowed_hosts: ["a.example"] };
    await using server = await startTestServer({ http_server });
    const form = [{ replace: { Host: "chorus.monitoring:9000" } }];
    expect(await statuses(asking(server.internalUrl), ["/metrics"], form)).toEqual({ "/metrics": [200] });
    expect(await statuses(asking(server.url), ["/ws"], form)).toEqual({ "/ws": [421] });
  });

  test("[SE42] an API without a key is guarded by the Host check", async () => {
    await using server = await startTestServer({ http_api: { insecure: true } });
    const ask = (host: string) =>
      asking(server.url)({ target: "/api/info", method: "POST", replace: { ...bare, Host: host }, body: "{}" });
    expect(await ask("evil.example")).toMatchObject({ status: 421 });
    expect(await ask("127.0.0.1")).toMatchObject({ status: 200 });
  });

  test("[SE42] servers of an application: on loopback, on all addresses, and at a unix socket", async () => {
    await using folder = await TemporaryFolder.create();
    const application = chorus(contract({ channels: {}, calls: {} })).handle({ channels: {}, calls: {} });
    const { console: _, ...transports } = enabled;
    const config = { ...openHouse, ...transports, web: { enabled: true } } as const;
    const realtime = await application.start(config, { listen: false, log: new CapturedLog().log });
    const respond = async (request: Request, server: Bun.Server<unknown>) =>
      (await application.fetch(request, server)) ?? new Response("of the application");
    const common = { fetch: respond, websocket: application.websocket };
    using loopback = Bun.serve({ hostname: "127.0.0.1", port: 0, ...common });
    using all = Bun.serve({ hostname: "0.0.0.0", port: 0, ...common });
    const unix = join(folder.path, "socket");
    using _socket = Bun.serve({ unix, ...common });

    expect(await statuses(asking(loopback.url.href), outside, foreign)).toEqual(every(outside, 421));
    // Bun gives no path of a request whose Host it cannot read: the page is not known, and the application responds.
    expect(await statuses(asking(loopback.url.href), ["/ws"], doubtful)).toEqual({ "/ws": [400] });
    expect((await statuses(asking(all.url.href), ["/", "/ws"], foreign))["/"]).toEqual([200]);
    for (const path of ["/", "/ws"]) {
      expect((await fetch(`http://evil.example${path}`, { unix })).status).toBe(421);
      expect((await fetch(`http://localhost${path}`, { unix })).status).not.toBe(421);
    }
    // What is the application's own is served as the application likes.
    expect(await statuses(asking(loopback.url.href), ["/own"], foreign)).toEqual({ "/own": [200] });
    await realtime.stop();
  });
});
