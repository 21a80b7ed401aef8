import type { Payload } from "../core/payload.ts";
import type { Publish } from "../operations/publish.ts";

/** What a publish and a broadcast say beside their channels and data. */
interface PublicationFields {
  readonly skip_history: boolean;
  readonly delta: boolean;
  readonly tags?: Readonly<Record<string, string>> | null | undefined;
  readonly idempotency_key: string;
  readonly version: number;
  readonly version_epoch: string;
  readonly exclude_client: string;
}

/** What a request publishes. */
export function publishOfRequest(request: PublicationFields, data: Payload): Publish {
  return {
    data,
    tags: request.tags ?? undefined,
    skipHistory: request.skip_history,
    delta: request.delta,
    idempotencyKey: request.idempotency_key,
    version: request.version,
    versionEpoch: request.version_epoch,
    excludeClient: request.exclude_client,
  };
}
