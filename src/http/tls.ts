import { readFileSync } from "node:fs";
import { readPem } from "../core/pem.ts";

/** `http_server.tls`: names and meanings are those of the configuration. */
interface Tls {
  readonly enabled: boolean;
  readonly cert_pem: string;
  readonly key_pem: string;
}

/** The certificate of the server and its key, as `Bun.serve` takes them; nothing where TLS is off. */
export function tlsOptions(tls: Tls) {
  if (!tls.enabled) return {};
  return { tls: { cert: pemOf(tls.cert_pem), key: pemOf(tls.key_pem) } };
}

/** The files of the certificate and its key, by their option. */
export function certificateFiles(tls: Tls): { readonly option: string; readonly path: string }[] {
  if (!tls.enabled) return [];
  return (["cert_pem", "key_pem"] as const)
    .filter((name) => readPem(tls[name]) === null)
    .map((name) => ({ option: `http_server.tls.${name}`, path: tls[name].trim() }));
}

/** The certificate and its key as they are now, in options or in files; "" where TLS is off. */
export function certificateText(tls: Tls): string {
  if (!tls.enabled) return "";
  return [tls.cert_pem, tls.key_pem].map((value) => readPem(value) ?? readFileSync(value.trim(), "utf8")).join("\n");
}

/** The forms of a PEM, as in Centrifugo: its text, the base64 of its text (for variables), or the path of its file. */
function pemOf(value: string): string | Bun.BunFile {
  return readPem(value) ?? Bun.file(value.trim());
}
