import { make } from "../dom.ts";
import { sizeWords } from "../words.ts";
import type { NamedFile } from "./file-frame.ts";
import { savedName, shownName } from "./file-name.ts";
import { rasterType } from "./image-type.ts";
import type { Kept } from "./log-view.ts";

/** A received file: a link that saves it, and a preview where its bytes prove it to be a picture. */
export function receivedFile({ name, bytes }: NamedFile): { body: HTMLElement; kept: Kept } {
  // octet-stream: whatever the bytes are, a browser that follows this link has nothing to run or to show.
  const saved = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  const link = make("a", { text: shownName(name) });
  link.href = saved;
  link.download = savedName(name);
  link.rel = "noopener";
  const preview = previewOf(name, bytes);
  const body = make("div", {
    class: "file",
    children: [make("bdi", { children: [link] }), facts(bytes.byteLength), ...(preview ? [preview.image] : [])],
  });
  return {
    body,
    kept: {
      bytes: bytes.byteLength,
      release() {
        URL.revokeObjectURL(saved);
        preview?.release();
      },
    },
  };
}

/** The size of a file, in words, on a line of its own. */
export function facts(bytes: number): HTMLElement {
  return make("span", { class: "facts", text: sizeWords(bytes) });
}

/** A picture of the file; null where its first bytes are not those of a type that only draws. */
export function previewOf(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): { image: HTMLImageElement; release(): void } | null {
  const type = rasterType(bytes);
  if (type === null) return null;
  const source = URL.createObjectURL(new Blob([bytes], { type }));
  const image = make("img");
  image.alt = `Preview of ${shownName(name)}`;
  image.decoding = "async";
  // Whoever only looks like a picture gets no preview.
  image.addEventListener("error", () => image.remove());
  image.src = source;
  return { image, release: () => URL.revokeObjectURL(source) };
}
