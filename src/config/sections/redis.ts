import * as v from "valibot";
import {
  anyCertificate,
  choice,
  count,
  duration,
  flag,
  list,
  privateKey,
  secret,
  section,
  type TextRule,
  text,
} from "../../options/option.ts";

/** A URL or `host:port`. A password belongs into its own option, which is shown nowhere. */
const server: TextRule & { readonly isSecret: true } = {
  isSecret: true,
  pattern: /^(?:(?:redis|rediss|tcp):\/\/)?(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+)(?::\d{1,5})?$|^unix:\/\/\/.+$/,
  means: 'a server such as "redis://127.0.0.1:6379", without user, password and database',
};

const one = "(?:\\[[0-9a-fA-F:.]+\\]|[a-zA-Z0-9._-]+)(?::\\d{1,5})?";

/** Some of them, between commas. */
const servers: TextRule & { readonly isSecret: true } = {
  isSecret: true,
  pattern: new RegExp(`^${one}(?:, ?${one})*$`),
  means: 'servers between commas, such as "10.0.0.1:6379,10.0.0.2:6379"',
};

const visible: TextRule = { pattern: /^[\x21-\x7e]*$/, means: "a text of visible ASCII characters" };

const tls = (whose: string) =>
  section({
    enabled: flag(false, `Whether the connections to ${whose} are encrypted.`),
    cert_pem: text("", "The certificate of this node: a path, the PEM text, or its base64."),
    key_pem: privateKey("The private key of the certificate: a path, the PEM text, or its base64."),
    server_ca_pem: text("", "The authority of their certificate, in the same forms; empty for those of the system."),
    server_name: text("", "The name in their certificate, where it is not that of the address."),
    insecure_skip_verify: anyCertificate,
  });

/** `engine.redis`: a Redis or Valkey server that several nodes share. */
export const redis = section({
  address: list(
    "The server; several are shards among which channels are spread. Empty for `redis://127.0.0.1:6379`.",
    server,
  ),
  cluster_address: list(
    "Servers of a Redis Cluster, in one entry between commas, instead of `address`. Each further entry is another cluster, " +
      "a shard of its own.",
    servers,
  ),
  sentinel_address: list(
    "Sentinels that know where the master is, in one entry between commas, instead of `address`. Each further entry is a " +
      "shard of its own.",
    servers,
  ),
  sentinel_master_name: text("", "What the sentinels call the master."),
  sentinel_user: text("", "The user at the sentinels."),
  sentinel_password: secret("The password at the sentinels."),
  sentinel_client_name: text("", "What the connections are called at the sentinels; empty for no name.", visible),
  sentinel_tls: v.optional(tls("the sentinels"), {}),
  prefix: text("chorus", "What all keys and channels begin with: nodes with the same prefix are one cluster.", {
    pattern: /^[^{}\s]+$/,
    means: "a text without blanks and braces",
  }),
  user: text("", "The user (ACL); empty for the default one."),
  password: secret("The password."),
  db: count(0, "The number of the database.", { unit: "databases", max: 1_000_000 }),
  client_name: text("", "What the connections are called at the server; empty for `chorus`.", visible),
  force_resp2: flag(false, "Whether RESP2 is spoken, which a proxy in between may need, instead of RESP3."),
  connect_timeout: duration("1s", "Time to connect.", { min: "1ms" }),
  io_timeout: duration("4s", "Time for an answer; after it a publish is error 100, which says that it is unknown.", {
    min: "100ms",
  }),
  tls: v.optional(tls("the server"), {}),
  generation: choice(
    ["replication_id", "none"],
    "replication_id",
    "What an epoch belongs to. `none` where the server does not tell its replication id: after a failover that loses " +
      "acknowledged publications, subscribers may miss some without being told.",
  ),
});
