import type { Payload } from "./payload.ts";

/** A payload as text that every store and bus takes as it is: bytes as base64, a third longer. */
export function textOfPayload(payload: Payload): string {
  switch (payload.kind) {
    case "json":
      return payload.json;
    case "text":
      return payload.text;
    case "binary": {
      const { buffer, byteOffset, byteLength } = payload.bytes;
      return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
    }
  }
}

/** The payload of a text that `textOfPayload` has made of one of this kind. */
export function payloadOfText(kind: Payload["kind"], text: string): Payload {
  switch (kind) {
    case "json":
      return { kind, json: text };
    case "text":
      return { kind, text };
    case "binary":
      return { kind, bytes: new Uint8Array(Buffer.from(text, "base64")) };
  }
}
