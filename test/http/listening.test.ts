import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { type Network, systemNetwork } from "../../src/runtime/network.ts";
import { hasIpv6 } from "../support/ipv6.ts";
import { Probe } from "../support/probe.ts";
import { startTestServer } from "../support/server.ts";
import { skipping } from "../support/skipping.ts";

const remark = skipping(hasIpv6 ? null : "this machine has no ::1");

/** The machine's network; the options of each listener are kept. */
function watchedNetwork() {
  const opened: { hostname?: string | undefined; idleTimeout?: number | undefined }[] = [];
  const network: Network = {
    ...systemNetwork,
    serve(options) {
      opened.push(options as (typeof opened)[number]);
      return systemNetwork.serve(options);
    },
  };
  return { network, opened };
}

describe.skipIf(!hasIpv6)(`both loopback addresses${remark}`, () => {
  test.each([
    ["in the development profile", "development", "127.0.0.1"],
    ["in the development profile with ::1", "development", "::1"],
    ["where the address is localhost", "file", "localhost"],
  ] as const)("[EP9] %s one channel joins the sockets of both", async (_, profile, address) => {
    await using server = await startTestServer({ http_server: { address }, engine: { type: "memory" } }, { profile });
    const { port } = new URL(server.url);
    using four = await new Probe(`ws://127.0.0.1:${port}/ws`).open();
    using six = await new Probe(`ws://[::1]:${port}/ws`).open();
    using other = await new Probe(`ws://[::1]:${port}/ws`).open();
    await server.untilMetric('chorus_connections{dialect="plain",state="authenticated"}', 3);
    four.send("from four");
    expect([await six.nextText(), await other.nextText()]).toEqual(["from four", "from four"]);
    six.send("from six");
    // Its own publication does not come back to it: the next that it reads is the one after.
    expect([await four.nextText(), await other.nextText()]).toEqual(["from six", "from six"]);
    other.send("from the other");
    expect([await four.nextText(), await six.nextText()]).toEqual(["from the other", "from the other"]);
    await server.stop();
    for (const host of ["127.0.0.1", "[::1]"]) expect(fetch(`http://${host}:${port}/healthz`)).rejects.toThrow();
  });

  test("with a file, an address is the only one", async () => {
    const { network, opened } = watchedNetwork();
    await using _server = await startTestServer({}, { network });
    expect(opened.map(({ hostname }) => hostname)).toEqual(["127.0.0.1"]);
  });

  test("where the other address is taken, one line says so and the first one is served", async () => {
    const taken = Bun.listen({ hostname: "::1", port: 0, socket: { data() {} } });
    await using server = await startTestServer(
      { http_server: { port: taken.port }, engine: { type: "memory" } },
      { profile: "development" },
    );
    expect(await server.log.next("listener.skipped")).toMatchObject({ address: "::1", reason: "EADDRINUSE" });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    taken.stop(true);
  });
});

describe("a connection without a request", () => {
  test("[EP10] stays for longer than a balancer keeps it, unless it is told otherwise", async () => {
    const { network, opened } = watchedNetwork();
    await using _server = await startTestServer({ http_server: { internal_port: 0 } }, { network });
    await using _other = await startTestServer({ http_server: { idle_timeout: "200s" } }, { network });
    expect(opened.map(({ idleTimeout }) => idleTimeout)).toEqual([90, 90, 200]);
  });

  test("[EP10] is closed after that time", async () => {
    await using server = await startTestServer({ http_server: { idle_timeout: "1s" } });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const { port, host } = new URL(server.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
    expect(await promise).toStartWith("HTTP/1.1 200 OK");
  });
});
