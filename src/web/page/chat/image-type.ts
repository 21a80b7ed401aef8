/** Types that a browser draws and never runs: pixels only. SVG is a document with scripts and is not among them. */
export type RasterType = "image/avif" | "image/bmp" | "image/gif" | "image/jpeg" | "image/png" | "image/webp";

/** A signature: these bytes at that place; -1 is any byte. */
interface Signature {
  readonly type: RasterType;
  readonly bytes: readonly number[];
}

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const any4 = [-1, -1, -1, -1];

/** From the WHATWG MIME Sniffing Standard, section 6.1; AVIF from its brand (AV1 Image File Format, 6.2). */
const signatures: readonly Signature[] = [
  { type: "image/png", bytes: [0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a] },
  { type: "image/jpeg", bytes: [0xff, 0xd8, 0xff] },
  { type: "image/gif", bytes: ascii("GIF87a") },
  { type: "image/gif", bytes: ascii("GIF89a") },
  { type: "image/webp", bytes: [...ascii("RIFF"), ...any4, ...ascii("WEBPVP")] },
  { type: "image/avif", bytes: [...any4, ...ascii("ftypavif")] },
  { type: "image/bmp", bytes: ascii("BM") },
];

/** The image type that the first bytes prove, whatever the name says; null: nothing to preview. */
export function rasterType(bytes: Uint8Array): RasterType | null {
  const fits = ({ bytes: wanted }: Signature): boolean =>
    bytes.byteLength >= wanted.length && wanted.every((byte, index) => byte === -1 || byte === bytes[index]);
  return signatures.find(fits)?.type ?? null;
}
