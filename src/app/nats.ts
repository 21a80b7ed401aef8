import type { NatsOptions } from "../broker/nats/options.ts";
import type { Config } from "../config/config.ts";
import { pemOf } from "./pem.ts";

type Nats = Config["broker"]["nats"];

const defaultUrl = "nats://127.0.0.1:4222";

/** Where the NATS servers are, and how they are used. */
export function natsOptions(nats: Nats): NatsOptions {
  const urls = (nats.url === "" ? defaultUrl : nats.url).split(",").map((one) => urlOf(one.trim()));
  const [first] = urls;
  const { enabled, ...stream } = nats.jetstream;
  const hasPassword = first !== undefined && first.password !== "";
  return {
    servers: urls.map(({ host }) => host),
    user: hasPassword ? decodeURIComponent(first.username) : "",
    password: hasPassword ? decodeURIComponent(first.password) : "",
    token: hasPassword ? "" : decodeURIComponent(first?.username ?? ""),
    prefix: nats.prefix,
    connectTimeout: nats.dial_timeout,
    ioTimeout: nats.io_timeout,
    tls: tlsOf(
      nats.tls,
      urls.some(({ protocol }) => protocol === "tls:"),
    ),
    jetstream: enabled ? stream : null,
  };
}

/** With the port that NATS has where the URL names none. */
function urlOf(text: string): { host: string; username: string; password: string; protocol: string } {
  const { hostname, port, username, password, protocol } = new URL(text.includes("://") ? text : `nats://${text}`);
  return { host: `${hostname}:${port || "4222"}`, username, password, protocol };
}

function tlsOf({ enabled, cert_pem, key_pem, server_ca_pem, insecure_skip_verify }: Nats["tls"], isAsked: boolean) {
  if (!enabled && !isAsked) return null;
  return {
    cert: pemOf(cert_pem),
    key: pemOf(key_pem),
    ca: pemOf(server_ca_pem),
    isVerified: !insecure_skip_verify,
  };
}
