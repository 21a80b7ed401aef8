import { type } from "arktype";
import { channel, contract } from "chorus/contract";

export const Sample = type({ cpu: "number", requests: "number.integer", at: "string.date.iso" });

/** Metrics of hosts: the server publishes, and who comes sees the latest sample at once. */
export const metrics = contract({
  channels: {
    host: channel("metrics:{region}:{host}", { data: Sample }),
    alerts: channel("alerts", { data: type({ text: "string" }) }),
  },
});
