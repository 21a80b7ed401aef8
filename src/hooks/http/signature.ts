/** The keys of `proxy`; empty is not set. */
export interface SigningKeys {
  readonly key: string;
  /** The key before, while it is exchanged. */
  readonly previous: string;
}

/** Makes the header `Chorus-Signature` of a body; null without a key. */
export type Sign = (body: string, wall: number) => string | null;

/** Signs with HMAC-SHA-256 over the time in seconds, a dot and the body. */
export function createSign({ key, previous }: SigningKeys): Sign {
  const keys = [key, previous].filter((text) => text !== "");
  if (keys.length === 0) return () => null;
  return (body, wall) => {
    const time = Math.floor(wall / 1000);
    const text = `${time}.${body}`;
    const digests = keys.map((each) => new Bun.CryptoHasher("sha256", each).update(text).digest("hex"));
    return [`t=${time}`, ...digests.map((digest) => `v1=${digest}`)].join(",");
  };
}
