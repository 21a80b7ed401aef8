import { createHash, createHmac } from "node:crypto";

/** What the connections and channels of a conversation are known by; "?" for what is not known yet. */
export interface Known {
  client(connection: string): string;
  session(connection: string): string;
  node(connection: string): string;
  epoch(channel: string): string;
  /** The address of the scripted backend. */
  backend(): string;
  /** Seconds since 1970 by the server's clock. */
  now(): number;
}

/** A copy of `value` with its templates filled in. */
export function fill(value: any, known: Known): any {
  if (typeof value === "string") return fillText(value, known);
  if (Array.isArray(value)) return value.map((each) => fill(each, known));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [fill(key, known), fill(each, known)]));
}

function fillText(text: string, known: Known): string | number {
  const seconds = /^\{\{now ([+-]\d+)\}\}$/.exec(text);
  if (seconds) return known.now() + Number(seconds[1]);
  return text
    .replace(/\{\{(client|session|node) (\w+)\}\}/g, (_, what: "client" | "session" | "node", name) =>
      known[what](name),
    )
    .replace(/\{\{epoch ([^}]+)\}\}/g, (_, channel) => known.epoch(channel))
    .replace(/\{\{backend\}\}/g, () => known.backend())
    .replace(/^\{\{jwt! (\w+) (\S+) (\{.*\})\}\}$/, (_, alg, secret, claims) =>
      jwt(known.now(), JSON.parse(fill(claims, known)), alg, secret),
    )
    .replace(/^\{\{jwt (\{.*\})\}\}$/, (_, claims) => jwt(known.now(), JSON.parse(claims)))
    .replace(/^\{\{track (\S+) (\S+) (\S+) (\S+?)(?: ([+-]\d+))?\}\}$/, (_, secret, user, channel, keys, seconds) =>
      trackSignature(
        secret,
        user === "-" ? "" : user,
        channel,
        keys.split(","),
        known.now(),
        seconds && known.now() + Number(seconds),
      ),
    );
}

const base64url = (text: string | Buffer) => Buffer.from(text).toString("base64url");

function jwt(now: number, claims: any, alg = "HS256", secret = "secret"): string {
  for (const key of ["exp", "expire_at", "iat", "nbf"]) {
    if (typeof claims[key] === "string") claims[key] = now + Number(claims[key]);
  }
  const signed = `${base64url(JSON.stringify({ alg, typ: "JWT" }))}.${base64url(JSON.stringify(claims))}`;
  return `${signed}.${base64url(createHmac(alg.replace("HS", "sha"), secret).update(signed).digest())}`;
}

function trackSignature(
  secret: string,
  user: string,
  channel: string,
  keys: string[],
  from: number,
  until = 0,
): string {
  const keysHash = createHash("sha256").update(keys.join("\0")).digest("hex");
  const parts = [from, until, user, channel, keysHash].join("\0");
  return `${from}:${until}:${createHmac("sha256", secret).update(parts).digest("hex")}`;
}
