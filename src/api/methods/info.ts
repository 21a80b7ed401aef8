import * as v from "valibot";
import { then } from "../../core/maybe-promise.ts";
import type { Result } from "../../core/result.ts";
import { fields } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { missing, missingOf } from "../missing.ts";
import { natural } from "../shapes.ts";

const node = v.strictObject({
  uid: v.string(),
  name: v.string(),
  version: v.string(),
  num_clients: natural,
  num_users: natural,
  num_subs: natural,
  num_channels: natural,
  uptime: v.pipe(natural, v.description("Seconds.")),
  process: v.strictObject({ cpu: v.pipe(v.number(), v.description("Percent of one core.")), rss: natural }),
});

/** Describes the nodes. */
export const info = defineMethod({
  name: "info",
  summary: "Describes the nodes.",
  request: fields({}),
  result: v.strictObject({ nodes: v.array(node), missing }),
  needs: [],
  kind: "read",
  channels: () => null,
  run: (_request, _call, { operations }) =>
    then(operations.nodes(), (found): Result<string> => {
      const nodes = found.value.map(({ uid, name, version, clients, users, subscriptions, channels, ...rest }) => ({
        uid,
        name,
        version,
        num_clients: clients,
        num_users: users,
        num_subs: subscriptions,
        num_channels: channels,
        ...rest,
      }));
      return { ok: true, value: JSON.stringify({ nodes, ...missingOf(found) }) };
    }),
});
