import ipaddr from "ipaddr.js";
import * as v from "valibot";
import { expected } from "../../options/expectations.ts";
import { count, duration, flag, list, privateKey, section, type TextRule, text } from "../../options/option.ts";

/** An address alone, or nothing: a port, a scheme or a bracket beside it belongs elsewhere. */
const address: TextRule = {
  pattern: { test: (value) => /^[a-zA-Z0-9._-]*$/.test(value) || ipaddr.IPv6.isValid(value) },
  means: "an IP address or a host name",
};

const network: TextRule = {
  pattern: { test: (value) => isAddress(value) || ipaddr.isValidCIDR(value) },
  means: "an IP address or a CIDR",
};

function isAddress(value: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(value) || ipaddr.IPv6.isValid(value);
}

/** A name, or an address in brackets, and perhaps a port: what a Host header holds. */
const host = {
  pattern: /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+)(?::\d{1,5})?$/,
  means: 'a host such as "chat.example"',
};

/** Centrifugo has this port as text, and "" where there is none; here it is a number, or null. */
const internalPortMessage = expected("a port from 0 to 65535");
const internalPort = v.pipe(
  v.union([v.string(), v.number()], internalPortMessage),
  v.check((value) => /^\d{0,5}$/.test(String(value)) && Number(value) <= 65_535, internalPortMessage),
  v.transform((value) => (value === "" ? null : Number(value))),
  v.metadata({ kind: "number", unit: "" }),
  v.description("The port to which API, metrics and health move; none by default: they are on the public one."),
);

const tls = section({
  enabled: flag(false, "Whether the server speaks HTTPS and wss; off by default, because most stand behind a proxy."),
  cert_pem: text("", "The certificate chain of the server: a path, the PEM text, or its base64."),
  key_pem: privateKey("The private key of the certificate: a path, the PEM text, or its base64."),
});

/** `http_server`: where the server listens, and whom it answers. */
export const httpServer = section({
  address: text(
    "127.0.0.1",
    "The address to listen on; loopback until someone says otherwise, and empty for all.",
    address,
  ),
  port: count(8_080, "The port to listen on; 0 takes a free one, for tests.", { max: 65_535 }),
  internal_address: text("", "The address of the internal port; empty for that of the public one.", address),
  internal_port: v.optional(internalPort, ""),
  tls: v.optional(tls, {}),
  trusted_proxies: list(
    "Addresses or CIDRs whose X-Forwarded-For is believed; none, because anyone can send that header.",
    network,
  ),
  allowed_hosts: list(
    "Host names under which the page and sockets are served; empty for any, but on a loopback address for loopback names, IP addresses, the name in `http_server.address` and the hosts of `client.allowed_origins` (DNS rebinding).",
    host,
  ),
  idle_timeout: duration(
    "90s",
    "Time after which a connection without a request is closed: above the 60 s for which most balancers keep theirs.",
    { min: "1s", max: "255s" },
  ),
});
