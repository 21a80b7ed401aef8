import * as v from "valibot";
import type { HubRef } from "../../actors/hub/events.ts";
import type { Member, Registry } from "../../actors/hub/registry.ts";
import type { Surveys } from "../cluster/surveys.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import type { Payload } from "../core/payload.ts";
import { payloadOfText, textOfPayload } from "../core/payload-text.ts";
import { SealedPayload } from "../core/sealed.ts";
import { readAnswers } from "./all-nodes.ts";
import type { Who } from "./server-commands.ts";

/** What reaching connections works with. */
interface ReachPorts {
  readonly hub: HubRef;
  readonly registry: Registry;
  readonly others: Surveys | null;
}

type Addressee = Pick<Who, "user" | "client">;

/** Connections that take messages, on all nodes. */
export interface Reached {
  /** Those that are addressed. */
  readonly meant: number;
  /** All of the user's. */
  readonly ofUser: number;
  /** Other nodes with some that are addressed. */
  readonly nodes: readonly string[];
}

const counted = v.tuple([v.number(), v.number()]);
const addressee = v.object({ user: v.string(), client: v.optional(v.string(), "") });
const message = v.object({ to: addressee, kind: v.picklist(["json", "text", "binary"]), text: v.string() });

const none: ReadonlySet<string> = new Set();

/** Finds connections by their user or id, on this node and on the others, and sends them messages. */
export function createReach({ hub, registry, others }: ReachPorts) {
  const membersOf = ({ user, client }: Addressee): readonly Member[] => {
    if (!client) return user === "" ? [] : registry.ofUser(user).filter((member) => member.hearsMessages);
    const member = registry.member(client);
    const isMeant = member && member.user !== null && (user === "" || member.user === user);
    return isMeant && member.hearsMessages ? [member] : [];
  };
  const countHere = (to: Addressee): v.InferOutput<typeof counted> => [
    membersOf(to).length,
    membersOf({ user: to.user }).length,
  ];
  const deliverHere = (to: Addressee, data: Payload) => {
    for (const { id, user } of membersOf(to)) {
      const target = { user: user ?? "", client: id, except: none };
      hub.send({ type: "user.tell", target, event: { type: "hub.message", data: new SealedPayload(data) } });
    }
  };
  others?.onAsked("connections", (body) => JSON.stringify(countHere(v.parse(addressee, JSON.parse(body)))));
  others?.onTold("message", (body) => {
    const { to, kind, text } = v.parse(message, JSON.parse(body));
    deliverHere(to, payloadOfText(kind, text));
  });

  return {
    count: (to: Addressee): MaybePromise<Reached> => {
      const [meant, ofUser] = countHere(to);
      if (!others) return { meant, ofUser, nodes: [] };
      return then(others.ask("connections", JSON.stringify(to)), (survey) => {
        const { read } = readAnswers(counted, survey);
        return {
          meant: read.reduce((sum, { value }) => sum + value[0], meant),
          ofUser: read.reduce((sum, { value }) => sum + value[1], ofUser),
          nodes: read.filter(({ value }) => value[0] > 0).map(({ node }) => node),
        };
      });
    },

    deliver: (to: Addressee, data: Payload, { nodes }: Reached): void => {
      deliverHere(to, data);
      if (nodes.length === 0) return;
      const body = JSON.stringify({ to, kind: data.kind, text: textOfPayload(data) });
      for (const node of nodes) others?.tell(node, "message", body);
    },
  };
}
