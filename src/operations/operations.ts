import type { Surveys } from "../cluster/surveys.ts";
import type { LogQueries, PublishLog } from "../messages/publish-log.ts";
import { limitMax } from "../messages/search.ts";
import { createAllLogs } from "./all-logs.ts";
import { createAllNodes } from "./all-nodes.ts";
import { createMessages, type MessagesPorts } from "./messages.ts";
import { createPublishing, type PublishingPorts } from "./publishing.ts";
import { createQueries, type QueriesPorts } from "./queries.ts";
import { createRecorder } from "./recorder.ts";
import { createServerCommands, type ServerCommandsPorts } from "./server-commands.ts";
import { type Counts, createSurvey, receiversOf, type SurveyPorts } from "./survey.ts";

/** What operations work with. */
export interface OperationsPorts
  extends Omit<PublishingPorts & MessagesPorts & QueriesPorts & ServerCommandsPorts & SurveyPorts, "recorder"> {
  /** Null where publishes are not logged. */
  readonly publishLog: (Pick<PublishLog, "record"> & LogQueries) | null;
  /** Whether the publish log keeps payloads. */
  readonly logPayloads: boolean;
  /** The other nodes; null where this one is alone. */
  readonly others: Surveys | null;
  /**
   * Counts the users and channels of all, where the others are processes of one node, which has one publish log; null
   * where each is a node of its own.
   */
  readonly census: (() => Promise<Pick<Counts, "users" | "channels"> | null>) | null;
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
    ...createAllNodes(createSurvey(ports), ports.others, ports.census),

    /** Logs a publish or a message that its caller had no right to make, or whose data cannot be read. */
    logRefused: recorder.refused,

    /** A page of the publish log, or of those of all nodes where each keeps its own. */
    publishLog: createAllLogs(publishLog, ports.identity.uid, ports.census ? null : ports.others),
  };
}
