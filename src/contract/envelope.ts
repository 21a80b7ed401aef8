/**
 * How `sends` and `messages` travel: the protocol's send command and message push have one value and no name, so the
 * value is `{ "name": NAME, "data": DATA }`.
 */
export interface Envelope {
  readonly name: string;
  readonly data: unknown;
}

/** The envelope in a value from the wire; null where it is none. */
export function envelopeIn(value: unknown): Envelope | null {
  if (typeof value !== "object" || value === null || !("name" in value) || typeof value.name !== "string") return null;
  return { name: value.name, data: "data" in value ? value.data : undefined };
}
