import { badField, errors, withReason } from "../core/errors.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import { type Result, refuse } from "../core/result.ts";
import type { LogQueries, PublishLog, PublishLogPage } from "../messages/publish-log.ts";
import { cursorPattern, limitMax, type PublishLogFilter } from "../messages/search.ts";
import { createMessages, type MessagesPorts } from "./messages.ts";
import { createPublishing, type PublishingPorts } from "./publishing.ts";
import { createQueries, type QueriesPorts } from "./queries.ts";
import { createRecorder } from "./recorder.ts";
import { createServerCommands, type ServerCommandsPorts } from "./server-commands.ts";
import { createSurvey, receiversOf, type SurveyPorts } from "./survey.ts";

/** What operations work with. */
export interface OperationsPorts
  extends Omit<PublishingPorts & MessagesPorts & QueriesPorts & ServerCommandsPorts & SurveyPorts, "recorder"> {
  /** Null where publishes are not logged. */
  readonly publishLog: (Pick<PublishLog, "record"> & LogQueries) | null;
  /** Whether the publish log keeps payloads. */
  readonly logPayloads: boolean;
}

/** How many entries a page of the publish log may have. */
export const publishLogPage = { min: 1, max: limitMax };

/** What a back end can do. */
export type Operations = ReturnType<typeof createOperations>;

/**
 * What a back end can do, over HTTP or from the same process. The permissions of clients do not bind it; the options of
 * namespaces do. Nothing here throws.
 */
export function createOperations(ports: OperationsPorts) {
  const { publishLog } = ports;
  const receivers = (channel: string, excludeClient?: string) => receiversOf(ports, channel, excludeClient);
  const recorder = createRecorder({ ...ports, receivers });
  return {
    ...createPublishing({ ...ports, recorder }),
    ...createMessages({ ...ports, recorder }),
    ...createServerCommands(ports),
    ...createQueries(ports),
    ...createSurvey(ports),

    /** Logs a publish or a message that its caller had no right to make, or whose data cannot be read. */
    logRefused: recorder.refused,

    /** A page of the publish log. */
    publishLog: (filter: PublishLogFilter): MaybePromise<Result<PublishLogPage>> => {
      const { cursor } = filter;
      if (cursor !== undefined && !cursorPattern.test(cursor)) {
        return refuse(badField("cursor: expected the cursor of a page"));
      }
      if (!publishLog) return refuse(withReason(errors.notAvailable, "push_log.enabled is off"));
      return then(publishLog.query(filter), (value) =>
        value === null ? refuse(errors.internal) : { ok: true, value },
      );
    },
  };
}
