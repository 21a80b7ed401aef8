import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Centrifuge } from "centrifuge";
import { Centrifuge as CentrifugeProtobuf } from "centrifuge/build/protobuf";
import { converse, ways } from "../conformance/stock/conversation.mjs";
import type { Told } from "../conformance/stock/script.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { Inbox } from "../support/inbox.ts";
import { hasIpv6 } from "../support/ipv6.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { throughProxy } from "../support/proxied-client.ts";
import { publicHeaders, TestProxy, tls } from "../support/proxy.ts";
import { metricsKey } from "../support/scrape.ts";
import { startTestServer } from "../support/server.ts";
import { skipping } from "../support/skipping.ts";

setDefaultTimeout(testTimeout);

const isOn = process.env["CHORUS_TEST_PROXIES"] === "1";

/** What the heads of the examples say. */
const config = {
  http_server: { trusted_proxies: ["127.0.0.1", "::1"] },
  client: { allowed_origins: ["https://chat.example"] },
};

/** Sends a text over a socket behind the proxy, and returns what comes back. */
async function talk(proxy: TestProxy, path: string, headers: Readonly<Record<string, string>> = {}, text = "hello") {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = new WebSocket(proxy.url.replace("https", "wss") + path, {
    headers: { ...publicHeaders, ...headers },
    tls,
  });
  socket.onopen = () => socket.send(text);
  socket.onmessage = ({ data }) => resolve(String(data));
  socket.onerror = () => resolve("refused");
  const answer = await promise;
  socket.close();
  return answer;
}

/** The example below a path: what is replaced in it. */
const belowPath = {
  nginx: [
    ["location / {", "location /chat/ {"],
    ["proxy_pass http://chorus;", "proxy_pass http://chorus/;"],
  ],
  caddy: [
    ["reverse_proxy", "handle_path /chat/* {\n\treverse_proxy"],
    ["\t}\n}", "\t}\n}\n}"],
  ],
  haproxy: [["default_backend chorus", "http-request replace-path /chat/(.*) /\\1\n    default_backend chorus"]],
} as const;

for (const name of ["nginx", "caddy", "haproxy"] as const) {
  const isThere = Bun.which(name) !== null;
  const missing = isThere ? null : `${name} is not installed`;
  const remark = skipping(isOn ? missing : "CHORUS_TEST_PROXIES=1 runs the tests with proxies");

  describe.skipIf(remark !== "")(`behind ${name}${remark}`, () => {
    test("[SE46] our example passes on the page, sockets, health and keyed metrics", async () => {
      await using server = await startTestServer(config);
      await using proxy = await TestProxy[name](server.url);
      const page = await proxy.get("/");
      expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html;charset=utf-8"]);
      expect((await proxy.get("/healthz")).status).toBe(200);
      expect((await proxy.get("/metrics")).status).toBe(401);
      expect((await proxy.get("/metrics", { Authorization: `Bearer ${metricsKey}` })).status).toBe(200);
      const large = "x".repeat(60_000);
      expect(await talk(proxy, "/echo", {}, large)).toBe(large);
      expect(await talk(proxy, "/echo", { Origin: "https://evil.example" })).toBe("refused");
      expect(server.log.count("proxy.untrusted") + server.log.count("proxy.unreadable")).toBe(0);
    });

    test("[WP9] the page and what it loads work below a path of the proxy", async () => {
      await using server = await startTestServer(config);
      await using proxy = await TestProxy[name](server.url, belowPath[name]);
      const html = await (await proxy.get("/chat/")).text();
      const assets = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path = ""]) => path);
      expect(assets.length).toBeGreaterThan(1);
      for (const path of assets) {
        const { pathname } = new URL(path, "https://chat.example/chat/");
        expect([pathname, (await proxy.get(pathname)).status]).toEqual([pathname, 200]);
      }
      expect(await talk(proxy, "/chat/echo")).toBe("hello");
    });

    test.skipIf(!hasIpv6)("[SE10] the address of a client is the one that the proxy saw", async () => {
      // The proxy comes from ::1, its clients from 127.0.0.1, which is not trusted.
      const http_server = { address: "::1", trusted_proxies: ["::1"] };
      await using server = await startTestServer({ ...config, http_server });
      await using proxy = await TestProxy[name](server.url);
      for (const forwarded of [{}, { "X-Forwarded-For": "203.0.113.7" }, { "X-Forwarded-For": "203.0.113.7, ::1" }]) {
        await talk(proxy, "/echo", forwarded);
        expect(await server.log.next("connection.closed")).toMatchObject({ address: "127.0.0.1" });
      }
    });

    test.each(ways)("[RC44] the stock client over %s loses nothing while the server is replaced", async (way) => {
      await using folder = await TemporaryFolder.create();
      const { engine } = folder;
      const options = { ...config, engine, sse: { enabled: true }, http_stream: { enabled: true } };
      await using server = await startOpenServer(options);
      await using proxy = await TestProxy[name](server.url);
      const told = new Inbox<Told>("the stock client", (each) => JSON.stringify(each));
      const conversation = converse({
        way,
        url: proxy.url,
        clients: { json: Centrifuge, protobuf: CentrifugeProtobuf },
        options: throughProxy,
        tell: (what, value) => told.push({ what, value: value ?? null }),
        cut: (code) => told.push({ what: "cut", value: code }),
      });
      const until = async (what: string) => {
        for (;;) {
          const next = await told.next();
          if (next.what === what) return next.value;
        }
      };
      await until("ready to be cut");
      await server.api.publish("room", 1);
      await server.stop();
      const http_server = { ...config.http_server, port: Number(new URL(server.url).port) };
      await using next = await startOpenServer({ ...options, http_server });
      for (const number of [2, 3]) await next.api.publish("room", number);
      expect(await until("cut")).toBe(3001);
      expect(await until("recovery")).toEqual({ wasRecovering: true, recovered: true });
      expect(await until("missed")).toEqual([1, 2, 3]);
      await conversation;
    });
  });
}
