import { PublishEvent } from "../../actors/hub/events.ts";
import type { Registry } from "../../actors/hub/registry.ts";
import type { Account, Draft } from "../broker/broker.ts";
import type { Channel } from "../channels/channel.ts";
import type { ChannelRules } from "../channels/rules.ts";
import { errors, isError } from "../core/errors.ts";
import { type MaybePromise, maybePromise, then, thenAll } from "../core/maybe-promise.ts";
import { payloadSize } from "../core/payload.ts";
import type { Position } from "../core/publication.ts";
import { type Result, refuse } from "../core/result.ts";
import type { Slices } from "../core/slices.ts";
import type { Publish, PublishAttempt, Source } from "./publish.ts";
import type { Recorder } from "./recorder.ts";

/** What publishing works with. */
export interface PublishingPorts {
  readonly rules: ChannelRules;
  readonly registry: Pick<Registry, "member">;
  /** The actor that routes publications to the broker. */
  readonly publications: { send(event: PublishEvent): void };
  readonly recorder: Recorder;
  readonly slices: Slices;
  /** Who is charged for what is kept of a call. */
  accountOf(source: Source): Account;
}

/** Publications into one channel or into many. */
export function createPublishing(ports: PublishingPorts) {
  const { rules, registry, publications, recorder, slices } = ports;
  const handOver = ({ channel: name, publish, source }: PublishAttempt): MaybePromise<Result<Position>> => {
    const channel = rules.find(name);
    if (isError(channel)) return refuse(channel);
    if (!rules.takes(channel, publish.data)) return refuse(errors.badRequest);
    const { idempotencyKey = "", versionEpoch = "" } = publish;
    if (!idempotencyKey.isWellFormed() || !versionEpoch.isWellFormed()) return refuse(errors.badRequest);
    const draft = draftOf(channel, publish, { registry, account: ports.accountOf(source) });
    return maybePromise((done) => publications.send(new PublishEvent(source === null ? "server" : "api", draft, done)));
  };

  const attempt = (attempt: PublishAttempt): MaybePromise<Result<Position>> => {
    const result = handOver(attempt);
    if (attempt.source === null) return result;
    return then(result, (known) => {
      recorder.published(attempt, known);
      return known;
    });
  };

  return {
    /** Answers at once what no store has to commit. */
    publish: (channel: string, publish: Publish, source: Source): MaybePromise<Result<Position>> =>
      attempt({ method: "publish", source, channel, publish }),

    /** One result for each channel, in their order; one that is refused does not keep the others from being published. */
    broadcast: (
      channels: readonly string[],
      publish: Publish,
      source: Source,
    ): MaybePromise<readonly Result<Position>[]> => {
      const results: MaybePromise<Result<Position>>[] = [];
      const step = (channel: string) => results.push(attempt({ method: "broadcast", source, channel, publish })) > 0;
      return then(slices.each(channels, step, payloadSize(publish.data)), () => thenAll(results));
    },
  };
}

function draftOf(
  { name, namespace }: Channel,
  publish: Publish,
  { registry, account }: Pick<PublishingPorts, "registry"> & { readonly account: Account },
): Draft {
  const { data, tags, idempotencyKey, version, versionEpoch = "", excludeClient, skipHistory, delta } = publish;
  const plain = { channel: name, data, exclude: null, history: skipHistory ? null : namespace.history, account };
  // Most publishes say nothing more, and spreading nothing takes longer than all else here.
  if (!tags && !idempotencyKey && !version && !excludeClient && !delta) return plain;
  return {
    ...plain,
    ...(tags && { tags }),
    ...(idempotencyKey && { idempotencyKey }),
    ...(version && { version, versionEpoch: shortened(versionEpoch) }),
    ...(delta && { asDelta: true as const }),
    ...(excludeClient && { excludeClient, exclude: registry.member(excludeClient)?.socket ?? null }),
  };
}

/** Version epochs are only compared, and every stream keeps one. */
const versionEpochMax = 64;

/** A long version epoch as its digest. */
function shortened(versionEpoch: string): string {
  return versionEpoch.length <= versionEpochMax ? versionEpoch : Bun.SHA512_256.hash(versionEpoch, "base64url");
}
