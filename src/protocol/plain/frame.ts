import type { PublishCommand } from "../../core/command.ts";
import type { Frame } from "../../core/frame.ts";
import type { Payload } from "../../core/payload.ts";
import { SealedPayload } from "../../core/sealed.ts";

/** A frame without a protocol of its own, as a publish into the channel that its connection was opened for. */
export function toPublish(frame: Frame, channel: string): PublishCommand {
  return { method: "publish", id: 0, channel, data: new SealedPayload(toPayload(frame)), isMapped: false };
}

function toPayload(frame: Frame): Payload {
  return typeof frame === "string" ? { kind: "text", text: frame } : { kind: "binary", bytes: frame };
}
