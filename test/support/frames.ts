/** The opcodes of RFC 6455 5.2; the others are reserved. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** How a frame is to differ from the one that a well-behaved client would send. */
export interface FrameShape {
  /** The last fragment of its message. */
  readonly fin?: boolean;
  /** The three reserved bits as a number: 4 is RSV1, 2 is RSV2, 1 is RSV3. */
  readonly rsv?: number;
  /** Four bytes; null sends the frame unmasked, which no client may. */
  readonly mask?: Uint8Array | null;
  /** How many bits the length takes, where not the fewest that hold it. */
  readonly lengthBits?: 7 | 16 | 64;
  /** The length that the header claims, where not the payload's own. */
  readonly declaredLength?: bigint;
}

const usualMask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

/** One frame of a client, byte for byte (RFC 6455 5.2). */
export function clientFrame(opcode: number, payload: Uint8Array | string = "", shape: FrameShape = {}): Buffer {
  const body = Buffer.from(payload);
  const mask = shape.mask === undefined ? usualMask : shape.mask;
  const length = shape.declaredLength ?? BigInt(body.length);
  const head = ((shape.fin ?? true) ? 0x80 : 0) | ((shape.rsv ?? 0) << 4) | opcode;
  const parts = [Buffer.of(head), lengthBytes(length, { masked: mask !== null, bits: shape.lengthBits })];
  if (mask) {
    parts.push(Buffer.from(mask));
    for (const [at, byte] of body.entries()) body[at] = byte ^ (mask[at % 4] ?? 0);
  }
  return Buffer.concat([...parts, body]);
}

/** A text message in one frame. */
export function textFrame(payload: Uint8Array | string, shape?: FrameShape): Buffer {
  return clientFrame(opcodes.text, payload, shape);
}

function lengthBytes(length: bigint, { masked, bits }: { masked: boolean; bits: 7 | 16 | 64 | undefined }): Buffer {
  const flag = masked ? 0x80 : 0;
  const fewest = length < 126n ? 7 : length < 65_536n ? 16 : 64;
  switch (bits ?? fewest) {
    case 7:
      return Buffer.of(flag | Number(length));
    case 16: {
      const bytes = Buffer.of(flag | 126, 0, 0);
      bytes.writeUInt16BE(Number(length), 1);
      return bytes;
    }
    case 64: {
      const bytes = Buffer.alloc(9);
      bytes.writeUInt8(flag | 127);
      bytes.writeBigUInt64BE(length, 1);
      return bytes;
    }
  }
}

/** The body of a close frame: nothing at all, or a code and a reason (RFC 6455 5.5.1). */
export function closeBody(code?: number, reason: Uint8Array | string = ""): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return Buffer.concat([bytes, Buffer.from(reason)]);
}

/** A frame that the server sent. */
export interface ServerFrame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** What a close frame says; code 1005 is a close frame without one (RFC 6455 7.4.1). */
export function closeOf({ payload }: ServerFrame): { code: number; reason: string } {
  if (payload.length === 0) return { code: 1005, reason: "" };
  return { code: payload.readUInt16BE(0), reason: payload.toString("utf8", 2) };
}

/** A frame in words, for the message of a failing test. */
export function describeFrame(frame: ServerFrame): string {
  const name = Object.entries(opcodes).find(([, opcode]) => opcode === frame.opcode)?.[0] ?? `opcode ${frame.opcode}`;
  const fragment = frame.fin ? "" : " (not the last fragment)";
  if (frame.opcode === opcodes.close) return `close ${JSON.stringify(closeOf(frame))}`;
  const shown = frame.opcode === opcodes.text ? frame.payload.toString() : frame.payload.toString("hex");
  return `${name}${fragment}, ${frame.payload.length} bytes: ${shown.slice(0, 120)}`;
}
