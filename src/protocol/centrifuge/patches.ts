import { createDelta } from "fossil-delta";
import type { DeltaForm, Publication } from "../../core/publication.ts";
import { isQuickPatch } from "./patch-cost.ts";

interface Known {
  readonly base: Publication;
  readonly patch: Uint8Array | null;
}

/**
 * Makes the patches of deltas, between publications as the bytes that `bytesOf` makes of them; null where a publication
 * is sent whole: without a base, or where the patch is not shorter or takes too long. A publication's patch is remembered while the
 * publication is kept, because recoveries ask for the same one again. 80 us for 4.6 KB (measured on Bun 1.4.5).
 */
export function createPatches(bytesOf: (publication: Publication) => Uint8Array) {
  const known = new WeakMap<Publication, Known>();
  return ({ of, base }: DeltaForm): Uint8Array | null => {
    if (base === null) return null;
    const found = known.get(of);
    if (found?.base === base) return found.patch;
    const patch = makePatch(bytesOf(base), bytesOf(of));
    known.set(of, { base, patch });
    return patch;
  };
}

function makePatch(base: Uint8Array, target: Uint8Array): Uint8Array | null {
  if (!isQuickPatch(base, target)) return null;
  const patch = createDelta(base, target);
  return patch.length < target.length ? patch : null;
}
