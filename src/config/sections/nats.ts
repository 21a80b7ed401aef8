import * as v from "valibot";
import {
  anyCertificate,
  choice,
  count,
  duration,
  flag,
  privateKey,
  secret,
  section,
  type TextRule,
  text,
} from "../../options/option.ts";

/** A name that NATS takes for a stream, and as a token of a subject. */
const name: TextRule = { pattern: /^[A-Za-z0-9_-]+$/, means: "a text of letters, digits, `_` and `-`" };

const tls = section({
  enabled: flag(false, "Whether the connections to the servers are encrypted."),
  cert_pem: text("", "The certificate of this node: a path, the PEM text, or its base64."),
  key_pem: privateKey("The private key of the certificate: a path, the PEM text, or its base64."),
  server_ca_pem: text("", "The authority of their certificate, in the same forms; empty for those of the system."),
  insecure_skip_verify: anyCertificate,
});

const jetstream = section({
  enabled: flag(false, "Whether channels may have history: it is kept in one stream of JetStream (2.11 or newer)."),
  stream: text("chorus", "The name of the stream; it is created where there is none.", name),
  replicas: count(1, "Servers that have a publication before it is acknowledged.", { unit: "servers", min: 1, max: 5 }),
  storage: choice(["file", "memory"], "file", "Where the servers keep the stream."),
});

const nats = section({
  url: secret(
    "The servers: URLs with a comma between them, with one user and password or one token. Empty for `nats://127.0.0.1:4222`.",
  ),
  prefix: text("chorus", "What all subjects begin with: nodes with the same prefix are one cluster.", name),
  dial_timeout: duration("1s", "Time to connect.", { min: "1ms" }),
  io_timeout: duration("4s", "Time for an answer; after it a publish is error 100, which says that it is unknown.", {
    min: "100ms",
  }),
  tls: v.optional(tls, {}),
  jetstream: v.optional(jetstream, {}),
});

/** `broker`: another place for channels than `engine`. */
export const broker = section({
  enabled: flag(false, "Whether channels are in `type` and not in `engine`; everything else stays there."),
  type: choice(
    ["memory", "redis", "nats"],
    "memory",
    "Where channels are: `nats`; the others are values of `engine.type`.",
  ),
  nats: v.optional(nats, {}),
});
