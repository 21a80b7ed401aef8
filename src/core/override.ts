import type { SubscriptionOverride } from "./identity.ts";

/** An option of a subscription as Centrifugo's API, hooks and tokens write it; null and absent leave that of the namespace. */
type Flag = { readonly value: boolean } | null | undefined;

/** What holds for a subscription instead of the options of its namespace, as Centrifugo's API, hooks and tokens write it. */
interface WrittenOverride {
  readonly presence?: Flag;
  readonly join_leave?: Flag;
  readonly force_push_join_leave?: Flag;
  readonly force_recovery?: Flag;
  readonly force_positioning?: Flag;
}

/** The same by our names. */
export function overrideOf(written: WrittenOverride): SubscriptionOverride {
  const { presence, join_leave, force_push_join_leave, force_recovery, force_positioning } = written;
  return {
    ...(presence && { presence: presence.value }),
    ...(join_leave && { joinLeave: join_leave.value }),
    ...(force_push_join_leave && { forcePushJoinLeave: force_push_join_leave.value }),
    ...(force_recovery && { forceRecovery: force_recovery.value }),
    ...(force_positioning && { forcePositioning: force_positioning.value }),
  };
}
