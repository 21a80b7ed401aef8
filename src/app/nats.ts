import type { NatsOptions } from "../broker/nats/options.ts";
import type { Config } from "../config/config.ts";
import { natsUrls } from "../config/nats-url.ts";
import { pemOf } from "./pem.ts";

type Nats = Config["broker"]["nats"];

/** Where the NATS servers are, and how they are used. */
export function natsOptions(nats: Nats): NatsOptions {
  const urls = natsUrls(nats.url) ?? [];
  // All that name a user name the same one.
  const named = urls.find(({ username }) => username !== "");
  const { enabled, ...stream } = nats.jetstream;
  const hasPassword = named !== undefined && named.password !== "";
  return {
    servers: urls.map(({ host }) => host),
    user: hasPassword ? named.username : "",
    password: hasPassword ? named.password : "",
    token: hasPassword ? "" : (named?.username ?? ""),
    prefix: nats.prefix,
    connectTimeout: nats.dial_timeout,
    ioTimeout: nats.io_timeout,
    tls: tlsOf(
      nats.tls,
      urls.some(({ isSecure }) => isSecure),
    ),
    jetstream: enabled ? stream : null,
  };
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
