import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import packageJson from "../../package.json" with { type: "json" };
import { bunVersionFault } from "../../src/app/start-checks.ts";
import { startServer } from "../../src/server.ts";
import { certificate, certificateKey } from "../support/certificate.ts";
import { testTimeout } from "../support/patience.ts";
import { ChorusProcess, type ProcessOptions } from "../support/process.ts";

setDefaultTimeout(testTimeout);

/** An address that no machine has: it is set aside for documents (RFC 5737). */
const nowhere = "192.0.2.1";
const history = { without_namespace: { history_size: 10, history_ttl: "60s" } };
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const otherKey = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const encryptedKey = privateKey
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "sesame" })
  .toString();
const freePort = { http_server: { port: 0 } };

function withCertificate(path: string) {
  return { http_server: { port: 0, tls: { enabled: true, cert_pem: path, key_pem: path } } };
}

/** Starts what cannot start; its exit code and the only line that it writes. */
async function refusal(options: ProcessOptions): Promise<{ code: number | null; line: string }> {
  const { code, stdout, stderr } = await ChorusProcess.run(options);
  expect([stdout, stderr.length]).toEqual(["", 1]);
  return { code, line: stderr[0] ?? "" };
}

describe("a start that cannot be", () => {
  test.each([
    [["--prot", "3"], "--prot: unknown flag"],
    [["--port"], "--port: expected a value"],
    [["serve"], "an argument was not expected"],
  ])("[CF90] the command line %p is one line and exit 2", async (args, words) => {
    const { code, line } = await refusal({ args });
    expect(code).toBe(2);
    expect(line).toStartWith(words);
  });

  test.each([
    ["web.directory", { ...freePort, web: { directory: "gone" } }],
    ["web.directory", { ...freePort, web: { directory: "config.json" } }],
    ["http_server.tls.cert_pem", withCertificate("gone.pem")],
  ])("%s that is not there stops the start", async (option, config) => {
    const { code, stdout, stderr } = await ChorusProcess.run({ config });
    expect([code, stdout]).toEqual([78, ""]);
    expect(stderr[0]).toStartWith(`${option}: there is no such `);
  });

  test.each([
    [
      "a certificate that is missing",
      { cert_pem: "gone.pem", key_pem: certificateKey },
      "http_server.tls.cert_pem: there is no such file: gone.pem",
    ],
    [
      "a key that is missing",
      { cert_pem: certificate, key_pem: " gone.pem\n" },
      "http_server.tls.key_pem: there is no such file: gone.pem",
    ],
    [
      "a key that is encrypted",
      { cert_pem: certificate, key_pem: encryptedKey },
      "http_server.tls.key_pem: expected a private key without a passphrase, got an encrypted one: write it without a passphrase: openssl pkey -in KEY -out NEW_KEY",
    ],
    [
      "a key of another certificate",
      { cert_pem: certificate, key_pem: otherKey },
      "http_server.tls: cert_pem and key_pem do not belong together",
    ],
    [
      "a certificate that is none",
      { cert_pem: "config.json", key_pem: certificateKey },
      "http_server.tls holds no certificate with its key as PEM (",
    ],
  ])("[CF99] --check-config fails with %s, as the start does", async (_, tls, words) => {
    const config = { http_server: { port: 0, tls: { enabled: true, ...tls } } };
    const checked = await ChorusProcess.run({ config, args: ["--check-config"] });
    expect([checked.code, checked.stdout]).toEqual([78, ""]);
    expect(checked.stderr).toEqual([expect.stringContaining(words)]);
    await expect(startServer({ ...config, log: { level: "none" } })).rejects.toThrow();
  });

  test.each([
    ["/dev/null/chorus.db", "/dev/null is no folder"],
    [".", "it is no file"],
  ])("[CF99] --check-config fails where the history cannot be kept at %s, as the start does", async (path, words) => {
    const kept = { history_size: 1, history_ttl: "60s" };
    const client = { allow_anonymous_connect_without_token: true };
    const config = {
      http_server: { port: 0 },
      client,
      channel: { without_namespace: kept },
      engine: { sqlite: { path } },
    };
    const checked = await ChorusProcess.run({ config, args: ["--check-config"] });
    expect([checked.code, checked.stdout]).toEqual([78, ""]);
    expect(checked.stderr).toEqual([`engine.sqlite.path: ${path} cannot be written: ${words}`]);
    expect((await ChorusProcess.run({ config })).code).toBe(1);
  });

  test("[CF99] --check-config passes with a certificate in one line and its key in base64", async () => {
    const tls = {
      enabled: true,
      cert_pem: certificate.replaceAll("\n", "\\n"),
      key_pem: Buffer.from(certificateKey).toString("base64"),
    };
    const config = { http_server: { port: 0, tls }, client: { allow_anonymous_connect_without_token: true } };
    const { code, stdout, stderr } = await ChorusProcess.run({ config, args: ["--check-config"] });
    expect([code, stderr]).toEqual([0, []]);
    expect(stdout).toStartWith("The configuration is valid: ");
    await using server = await ChorusProcess.spawn({ config });
    const response = await fetch(await server.url(), { tls: { rejectUnauthorized: false } });
    expect(response.status).toBe(200);
  });

  test("in the same process it is thrown, and a page that is off needs no folder", async () => {
    await expect(startServer({ ...freePort, web: { directory: "gone" } })).rejects.toThrow(
      "web.directory: there is no",
    );
    const log = { level: "none" } as const;
    const server = await startServer({ ...freePort, log, web: { enabled: false, directory: "gone" } });
    await server.stop();
  });

  test("a certificate that is none is one line that says so", async () => {
    const { code, line } = await refusal({ config: withCertificate("config.json") });
    expect(code).toBe(1);
    expect(line).toContain("http_server.tls holds no certificate");
  });

  test.each([
    ["engine.sqlite.path", { engine: { sqlite: { path: "." } }, channel: history }],
    ["push_log.path", { push_log: { path: "." }, http_api: { key: "key" } }],
  ])("a file that cannot be had is one line that names %s", async (option, config) => {
    const { code, line } = await refusal({ config: { ...freePort, ...config } });
    expect(code).toBe(1);
    expect(line).toContain(` Choose another file with ${option}`);
  });

  test.each([
    ["--address", { address: nowhere, port: 18_080 }],
    ["http_server.internal_address", { port: 0, internal_port: 18_080, internal_address: nowhere }],
  ])("a place of another machine is one line that names %s", async (option, http_server) => {
    const { code, line } = await refusal({ config: { http_server } });
    expect(code).toBe(1);
    expect(line).toBe(`${nowhere}:18080 is no place of this machine: choose another address with ${option}.`);
  });

  test("an internal port in use is one line that names its option", async () => {
    using taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const { code, line } = await refusal({ config: { http_server: { port: 0, internal_port: taken.port } } });
    expect(code).toBe(1);
    expect(line).toContain(`127.0.0.1:${taken.port} is in use`);
    expect(line).toContain("http_server.internal_port");
  });

  test("who has a Bun that is too old is told what to install", () => {
    const least = packageJson.engines.bun.replace(">=", "");
    expect(bunVersionFault("1.3.99")).toBe(
      `Chorus needs Bun ${least} or newer, and this is 1.3.99: npm install -g bun@${least}`,
    );
    expect([bunVersionFault(least), bunVersionFault("1.10.0"), bunVersionFault(Bun.version)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test("what a sub-command cannot do is said on stderr", async () => {
    const { code, line } = await refusal({ args: ["gentoken"] });
    expect(code).toBe(1);
    expect(line).toContain("client.token.hmac_secret_key");
  });
});
