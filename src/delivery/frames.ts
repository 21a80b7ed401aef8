import type { Frame } from "../core/frame.ts";
import type { Publication } from "../core/publication.ts";
import type { Encoding } from "../protocol/protocol.ts";

/** The frames of one publication in a channel with several variants: each form is encoded once per encoding. */
export class Frames {
  readonly #byForm = new Map<Publication, Map<Encoding, Frame | null>>();

  /** The form as a frame; null where clients of the encoding do not receive it. */
  frameOf(form: Publication, channel: string, encoding: Encoding): Frame | null {
    const known = this.#byForm.get(form);
    const frames = known ?? new Map<Encoding, Frame | null>();
    if (!known) this.#byForm.set(form, frames);
    let frame = frames.get(encoding);
    if (frame === undefined) {
      frame = encoding.encodePublication(channel, form);
      frames.set(encoding, frame);
    }
    return frame;
  }
}
