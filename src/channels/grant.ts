import type { HistoryOptions } from "../broker/broker.ts";
import type { FilterNode, SubscribeRequest } from "../core/command.ts";
import type { HookOverride } from "../core/identity.ts";
import type { Variant } from "../core/variant.ts";
import type { ChannelOptions } from "../options/channel.ts";
import { deltaVariant } from "./delta.ts";
import type { Namespace } from "./namespace.ts";
import { isAllowed } from "./permissions.ts";
import { type TagsVariant, tagsVariant } from "./tags-filter.ts";

/** What one subscription has, after everything was weighed: what it asked for, what is allowed and what is forced. */
export interface Grant {
  readonly namespace: Namespace;
  /** Whether it is seen in the channel's presence. */
  readonly presence: boolean;
  /** Whether others receive its join and leave messages. */
  readonly announced: boolean;
  /** Whether it receives join and leave messages, also its own. */
  readonly joinLeave: boolean;
  /** Whether it keeps its position: always, where it is recoverable. */
  readonly positioned: boolean;
  readonly recoverable: boolean;
  /** The stream to join, and whose position is checked; null where it keeps none. */
  readonly stream: HistoryOptions | null;
  /** How it is recovered. */
  readonly recoveryMode: "stream" | "cache";
  /** Whether it gets the latest publication also without asking to be recovered. */
  readonly autoCacheRecover: boolean;
  /** The tags filter that it asked for; null where it receives all publications. */
  readonly filter: TagsVariant | null;
  /** It receives patches: the variant that it begins with; null where it has not negotiated deltas. */
  readonly delta: Variant | null;
}

/** Who subscribes, and how. */
export interface Wish {
  readonly user: string;
  /** What a client asks for; null where the server subscribes it: by token, by connect, through the API. */
  readonly request: Extras | null;
  /** The tags of the publications that a client asks for; null for all publications. */
  readonly filter?: FilterNode | null;
  /** The delta format that it asks for; "" for none. */
  readonly delta?: string;
  /** What the token (or the API) says instead of the namespace. */
  readonly override?: HookOverride | undefined;
}

/** What a subscription may ask for beyond the channel's publications. */
type Extras = Pick<SubscribeRequest, "positioned" | "recoverable" | "joinLeave">;

const nothing: Extras = { positioned: false, recoverable: false, joinLeave: false };

/** Weighs a subscription that may be made. What is asked for and not allowed is left out in silence. */
export function grantSubscription(namespace: Namespace, wish: Wish, insecure: boolean): Grant {
  const { options } = namespace;
  const { request, override } = wish;
  const asked = request === null ? nothing : allowedOf(request, { options, user: wish.user, insecure });
  const recoverable = (override?.forceRecovery ?? options.force_recovery) || asked.recoverable;
  const positioned = (override?.forcePositioning ?? options.force_positioning) || asked.positioned || recoverable;
  return {
    namespace,
    presence: override?.presence ?? options.presence,
    announced: override?.joinLeave ?? options.join_leave,
    joinLeave: (override?.forcePushJoinLeave ?? options.force_push_join_leave) || asked.joinLeave,
    positioned,
    recoverable,
    stream: positioned ? namespace.stream : null,
    recoveryMode: namespace.recoveryMode,
    autoCacheRecover:
      recoverable && namespace.recoveryMode === "cache" && (override?.cacheRecover || options.auto_cache_recover),
    // A patch of a publication that was filtered out could not be applied.
    delta:
      wish.delta && !wish.filter && options.allowed_delta_types.includes(wish.delta)
        ? deltaVariant({ always: options.delta_publish, positioned })
        : null,
    filter: wish.filter ? tagsVariant(wish.filter) : null,
  };
}

interface Place {
  readonly options: ChannelOptions;
  readonly user: string;
  readonly insecure: boolean;
}

/** The part of a request that is allowed. Who may read the history may also keep a position in it. */
function allowedOf(request: Extras, { options, user, insecure }: Place): Extras {
  // Who is allowed to subscribe reads as a subscriber, though it is none yet.
  const subscriber = { user, subscribed: true };
  const readsHistory = insecure || isAllowed(options, "history", subscriber);
  const readsPresence = insecure || isAllowed(options, "presence", subscriber);
  return {
    positioned: request.positioned && (options.allow_positioning || readsHistory),
    recoverable: request.recoverable && (options.allow_recovery || readsHistory),
    joinLeave: request.joinLeave && options.join_leave && readsPresence,
  };
}
