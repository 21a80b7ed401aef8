/**
 * How `sends` and `messages` travel: the protocol's send command and message push have one value and no name, so the
 * value is `{ "name": NAME, "data": DATA }`.
 */
export interface Envelope {
  readonly name: string;
  readonly data: unknown;
}

/** How a message travels that the server keeps until it has arrived: its id, and what it would be without. */
interface KeptMessage {
  readonly id: string;
  readonly envelope: Envelope;
}

/** The kept message in a value from the wire; null where it is none. */
export function keptMessageIn(value: unknown): KeptMessage | null {
  if (typeof value !== "object" || value === null || !("id" in value) || typeof value.id !== "string") return null;
  const envelope = envelopeIn("data" in value ? value.data : null);
  return envelope && { id: value.id, envelope };
}

/** The envelope in a value from the wire; null where it is none. */
export function envelopeIn(value: unknown): Envelope | null {
  if (typeof value !== "object" || value === null || !("name" in value) || typeof value.name !== "string") return null;
  return { name: value.name, data: "data" in value ? value.data : undefined };
}
