import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import packageJson from "../../package.json" with { type: "json" };
import type { Config } from "../config/config.ts";
import { hookSections } from "../config/hook-checks.ts";
import { isEncryptedPem, readPem } from "../core/pem.ts";
import { certificateFiles } from "../http/tls.ts";
import type { Network } from "../runtime/network.ts";

/** A place that cannot be listened at; the message says why, and what to do. */
class ListenError extends Error {
  override readonly name = "ListenError";
}

/** The oldest Bun that the server is tested and measured on. */
const oldestBun = packageJson.engines.bun.replace(">=", "");

/** The error for a Bun that is too old; null where it is not. */
export function bunVersionFault(version: string): string | null {
  return Bun.semver.order(version, oldestBun) < 0
    ? `Chorus needs Bun ${oldestBun} or newer, and this is ${version}: npm install -g bun@${oldestBun}`
    : null;
}

/** What is wrong with the files that the configuration names, and without which the server does not start: a line each. */
export function fileProblems(config: Config): readonly string[] {
  const { http_server, web } = config;
  const files = [...certificateFiles(http_server.tls), ...hookFiles(config)]
    .filter(({ path }) => kindOf(path) !== "file")
    .map(({ option, path }) => `${option}: there is no such file: ${path}`);
  const isServed = web.enabled && web.directory !== "";
  return isServed && kindOf(web.directory) !== "folder"
    ? [...files, `web.directory: there is no such folder: ${web.directory}`]
    : [...files, ...encryptedKeys(http_server.tls)];
}

/** The files that hooks read certificates and keys from, by their option. */
function hookFiles(config: Config): { readonly option: string; readonly path: string }[] {
  return hookSections(config).flatMap(([section, { http }]) =>
    (["cert_pem", "key_pem", "server_ca_pem"] as const)
      .filter((name) => http.tls.enabled && http.tls[name] !== "" && readPem(http.tls[name]) === null)
      .map((name) => ({ option: `${section}.http.tls.${name}`, path: http.tls[name].trim() })),
  );
}

/** A line where the private key of the server takes a passphrase, which no option holds. */
function encryptedKeys(tls: Config["http_server"]["tls"]): readonly string[] {
  if (!tls.enabled || !isEncryptedPem(pemText(tls.key_pem) ?? "")) return [];
  const remedy = "write it without a passphrase: openssl pkey -in KEY -out NEW_KEY";
  return [`http_server.tls.key_pem: expected a private key without a passphrase, got an encrypted one: ${remedy}`];
}

/**
 * Everything outside of the configuration that would stop the start, a line each: files, and a certificate that does not
 * go with its key. For `--check-config`; the start itself finds the last by using them.
 */
export function startProblems(config: Config): readonly string[] {
  const problems = fileProblems(config);
  const fault = problems.length === 0 ? certificateFault(config.http_server.tls) : null;
  return fault === null ? problems : [...problems, fault];
}

function certificateFault(tls: Config["http_server"]["tls"]): string | null {
  if (!tls.enabled) return null;
  try {
    const certificate = new X509Certificate(pemText(tls.cert_pem) ?? "");
    if (certificate.checkPrivateKey(createPrivateKey(pemText(tls.key_pem) ?? ""))) return null;
    return "http_server.tls: cert_pem and key_pem do not belong together";
  } catch (error) {
    return `http_server.tls holds no certificate with its key as PEM (${error instanceof Error ? error.message : ""})`;
  }
}

/** The PEM that an option holds or names; null where its file cannot be read. */
function pemText(value: string): string | null {
  try {
    return readPem(value) ?? readFileSync(value.trim(), "utf8");
  } catch {
    return null;
  }
}

function kindOf(path: string): "file" | "folder" | "nothing" {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts === undefined ? "nothing" : facts.isDirectory() ? "folder" : "file";
}

/**
 * Throws where the port cannot be had. It is asked before the stores are opened: a second server in one folder would
 * complain of those instead.
 */
export function assertFree(
  { address, port, internal_address, internal_port }: Config["http_server"],
  network: Pick<Network, "probe">,
): void {
  tryToListen(network, { address, port }, { port: "--port", address: "--address" });
  if (internal_port === null) return;
  const options = { port: "http_server.internal_port", address: "http_server.internal_address" };
  tryToListen(network, { address: internal_address || address, port: internal_port }, options);
}

function tryToListen(
  network: Pick<Network, "probe">,
  { address, port }: { address: string; port: number },
  options: { port: string; address: string },
): void {
  try {
    network.probe(address || "::", port);
  } catch (error) {
    const words = {
      EADDRINUSE: `is in use: stop what uses it, or choose another port with ${options.port}.`,
      EACCES: `is not for this user to listen at: choose a port from 1024 on with ${options.port}.`,
    }[codeOf(error)];
    const elsewhere = `is no place of this machine: choose another address with ${options.address}.`;
    throw new ListenError(`${address}:${port} ${words ?? elsewhere}`, { cause: error });
  }
}

/** One line for a person: why the server cannot start, and what to do. */
export function whyNotStarted(error: unknown, { engine, push_log }: Config): string {
  if (!(error instanceof Error)) return `The server cannot start: ${String(error)}`;
  if (error instanceof ListenError) return error.message;
  const { message } = error;
  if (codeOf(error).startsWith("ERR_OSSL")) {
    return `The server cannot start: http_server.tls holds no certificate with its key as PEM (${message}).`;
  }
  if (message.startsWith(`${engine.sqlite.path} `)) {
    return `The server cannot start: ${message}. Choose another file with engine.sqlite.path, or engine.type "memory".`;
  }
  if (message.startsWith(`${push_log.path} `)) {
    return `The server cannot start: ${message}. Choose another file with push_log.path, or turn push_log.enabled off.`;
  }
  return `The server cannot start: ${message}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
