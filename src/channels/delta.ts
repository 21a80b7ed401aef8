import { deltaForm, type Publication } from "../core/publication.ts";
import type { Variant } from "../core/variant.ts";

/**
 * The variants of a subscription that has negotiated deltas: its first publication is whole, each later one a patch of
 * the one before it. `always`: every publication is sent as a patch, not those alone that were published as deltas.
 */
function createChain(always: boolean): Variant {
  const name = always ? "delta" : "asked delta";
  const isPatch = ({ offset, asDelta, isFirstKept }: Publication) =>
    offset > 0 && !isFirstKept && (always || asDelta === true);
  const first: Variant = {
    key: `first ${name}`,
    select: (_channel, publication) => wholeForm(publication),
    get chain() {
      return { received: next, missed: first };
    },
  };
  const next: Variant = {
    key: name,
    select: (_channel, publication, previous) =>
      previous && isPatch(publication) ? deltaForm(publication, previous) : wholeForm(publication),
    get chain() {
      return { received: next, missed: first };
    },
  };
  return first;
}

const patchesOfAll = createChain(true);
const patchesOfSome = createChain(false);

/** Without a position a subscriber may have missed a publication: each is whole (recorded). */
const wholeDeltas: Variant = { key: "whole delta", select: (_channel, publication) => wholeForm(publication) };

/** The form of the last publication, so that variants which send it whole share one. */
let lastWhole: Publication | null = null;

function wholeForm(publication: Publication): Publication {
  if (lastWhole?.delta?.of !== publication) lastWhole = deltaForm(publication, null);
  return lastWhole;
}

/** The variant of a subscription that has negotiated deltas, before it has received a publication. */
export function deltaVariant({
  always,
  positioned,
}: {
  readonly always: boolean;
  readonly positioned: boolean;
}): Variant {
  if (!positioned) return wholeDeltas;
  return always ? patchesOfAll : patchesOfSome;
}
