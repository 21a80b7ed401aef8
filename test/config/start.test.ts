import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import packageJson from "../../package.json" with { type: "json" };
import { start } from "../../src/app/start.ts";
import { bunVersionFault, fileProblems, startProblems, whyNotStarted } from "../../src/app/start-checks.ts";
import { storeProblems } from "../../src/app/store-checks.ts";
import { startServer } from "../../src/server.ts";
import { certificate, certificateKey } from "../support/certificate.ts";
import { testTimeout } from "../support/patience.ts";
import { ChorusProcess } from "../support/process.ts";
import { valid } from "./support.ts";

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

/** The line of a start that a valid configuration cannot have, as the process writes it. */
function whyNot(input: object): string {
  const config = valid({ ...input, log: { level: "none" } });
  try {
    start(config);
  } catch (error) {
    return whyNotStarted(error, config);
  }
  throw new Error("it has started");
}

describe("a start that cannot be", () => {
  test.concurrent.each([
    ["a mistake of the command line", ["--prot", "3"], 2, "--prot: unknown flag"],
    ["what a sub-command cannot do", ["gentoken"], 1, "client.token.hmac_secret_key"],
  ])("[CF90] %s is one line on stderr, with a code of its own", async (_, args, exitCode, words) => {
    const { code, stdout, stderr } = await ChorusProcess.run({ args });
    expect([code, stdout]).toEqual([exitCode, ""]);
    expect(stderr).toEqual([expect.stringContaining(words)]);
  });

  test.concurrent("[CF90] a place of another machine is one line and exit 1", async () => {
    const { code, stderr } = await ChorusProcess.run({ config: { http_server: { address: nowhere, port: 18_080 } } });
    expect(code).toBe(1);
    expect(stderr).toEqual([`${nowhere}:18080 is no place of this machine: choose another address with --address.`]);
  });

  test.concurrent.each([
    ["web.directory", [], { ...freePort, web: { directory: "gone" } }],
    ["http_server.tls.cert_pem", ["--check-config"], withCertificate("gone.pem")],
    ["engine.sqlite.path", ["--check-config"], { ...freePort, channel: history, engine: { sqlite: { path: "." } } }],
  ])("[CF90] %s that cannot be had is exit 78 (arguments: %p)", async (option, args, config) => {
    const { code, stdout, stderr } = await ChorusProcess.run({ config, args });
    expect([code, stdout]).toEqual([78, ""]);
    expect(stderr[0]).toStartWith(`${option}: `);
  });

  test.each([
    ["web.directory", { web: { directory: "package.json" } }],
    ["http_server.tls.cert_pem", withCertificate("gone.pem")],
  ])("%s that is not there is a line with its path", (option, config) => {
    expect(fileProblems(valid(config))[0]).toStartWith(`${option}: there is no such `);
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
      { cert_pem: "package.json", key_pem: certificateKey },
      "http_server.tls holds no certificate with its key as PEM (",
    ],
  ])("[CF99] --check-config fails with %s, as the start does", async (_, tls, words) => {
    const config = { http_server: { port: 0, tls: { enabled: true, ...tls } }, log: { level: "none" } } as const;
    expect(startProblems(valid(config))).toEqual([expect.stringContaining(words)]);
    await expect(startServer(config)).rejects.toThrow();
  });

  test.each([
    ["/dev/null/chorus.db", "/dev/null is no folder"],
    [".", "it is no file"],
  ])("[CF99] --check-config fails where the history cannot be kept at %s, as the start does", async (path, words) => {
    const config = {
      ...freePort,
      channel: { without_namespace: { history_size: 1, history_ttl: "60s" } },
      engine: { sqlite: { path } },
      log: { level: "none" },
    } as const;
    expect(storeProblems(valid(config))).toEqual([`engine.sqlite.path: ${path} cannot be written: ${words}`]);
    await expect(startServer(config)).rejects.toThrow();
  });

  test.concurrent("[CF99] --check-config passes with a certificate in one line and its key in base64", async () => {
    const tls = {
      enabled: true,
      cert_pem: certificate.replaceAll("\n", "\\n"),
      key_pem: Buffer.from(certificateKey).toString("base64"),
    };
    const config = { http_server: { port: 0, tls }, client: { allow_anonymous_connect_without_token: true } };
    const { code, stdout, stderr } = await ChorusProcess.run({ config, args: ["--check-config"] });
    expect([code, stderr]).toEqual([0, []]);
    expect(stdout).toStartWith("The configuration is valid: ");
    const server = await startServer({ ...config, log: { level: "none" } });
    const response = await fetch(server.url, { tls: { rejectUnauthorized: false } });
    expect(response.status).toBe(200);
    await server.stop();
  });

  test("in the same process it is thrown, and a page that is off needs no folder", async () => {
    await expect(startServer({ ...freePort, web: { directory: "gone" } })).rejects.toThrow(
      "web.directory: there is no",
    );
    const log = { level: "none" } as const;
    const server = await startServer({ ...freePort, log, web: { enabled: false, directory: "gone" } });
    await server.stop();
  });

  test("a certificate that is none is a line that says so", () => {
    expect(whyNot(withCertificate("package.json"))).toContain("http_server.tls holds no certificate");
  });

  test.each([
    ["engine.sqlite.path", { engine: { sqlite: { path: "." } }, channel: history }],
    ["push_log.path", { push_log: { path: "." }, http_api: { key: "key" } }],
  ])("a file that cannot be had is a line that names %s", (option, config) => {
    expect(whyNot({ ...freePort, ...config })).toContain(` Choose another file with ${option}`);
  });

  test("a place of another machine is a line that names http_server.internal_address", () => {
    expect(whyNot({ http_server: { port: 0, internal_port: 18_080, internal_address: nowhere } })).toBe(
      `${nowhere}:18080 is no place of this machine: choose another address with http_server.internal_address.`,
    );
  });

  test("an internal port in use is a line that names its option", () => {
    using taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const line = whyNot({ http_server: { port: 0, internal_port: taken.port } });
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
});
