import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { TestProxy } from "../support/proxy.ts";
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

/** Says something over a socket behind the proxy, and returns what comes back. */
async function talk(proxy: TestProxy, path: string, origin: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = new WebSocket(proxy.url.replace("https", "wss") + path, {
    headers: { Host: "chat.example", Origin: origin },
    tls: { rejectUnauthorized: false },
  });
  socket.onopen = () => socket.send("hello");
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
      expect(await talk(proxy, "/echo", "https://chat.example")).toBe("hello");
      expect(await talk(proxy, "/echo", "https://evil.example")).toBe("refused");
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
      expect(await talk(proxy, "/chat/echo", "https://chat.example")).toBe("hello");
    });
  });
}
