import { make } from "../dom.ts";
import type { Conversation } from "./conversation.ts";
import { contentBytesMax, writeFileFrame } from "./file-frame.ts";
import { shownName } from "./file-name.ts";
import { facts, previewOf } from "./files.ts";
import type { LogView } from "./log-view.ts";
import { withSender } from "./sender.ts";
import type { SentLately } from "./sent.ts";

/** How often the progress of a file is looked at, in milliseconds: the browser has no event for bytes that have left. */
const progressMs = 100;

export interface OutboxOptions {
  readonly log: LogView;
  readonly conversation: Conversation;
  readonly sent: SentLately;
  /** The person's present name. */
  name(): string;
  /** The socket that is open now. */
  socket(): WebSocket | null;
}

/** Files on their way out, one after the other, so that at most one of them lies in the socket's buffer. */
export function createOutbox(options: OutboxOptions): { add(files: Iterable<File>): void } {
  let last: Promise<void> = Promise.resolve();
  return {
    add(files) {
      for (const file of files) {
        const entry = showOutgoing(file, options.log);
        last = last.then(() => send(file, entry, options)).catch((error: unknown) => entry.fail(String(error)));
      }
    },
  };
}

/** The entry of one file on its way. */
interface Outgoing {
  /** `sent` of `total` bytes have left the browser. */
  progress(sent: number, total: number): void;
  done(frame: Uint8Array<ArrayBuffer>): void;
  fail(words: string): void;
}

async function send(file: File, entry: Outgoing, options: OutboxOptions): Promise<void> {
  const bytesMax = contentBytesMax(file.name);
  if (file.size > bytesMax) {
    return entry.fail(
      `Not sent: too large. It has ${file.size.toLocaleString()} bytes, and ${bytesMax.toLocaleString()} (16 MiB less its name) fit.`,
    );
  }
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    return entry.fail("Not sent: the browser cannot read it. A folder cannot be sent.");
  }
  const open = options.socket();
  if (open === null) return entry.fail("Not sent: there is no connection.");
  const signed = withSender(options.name(), file.name);
  // The largest file has no room for its sender.
  const name = bytes.byteLength > contentBytesMax(signed) ? file.name : signed;
  const frame = writeFileFrame({ name, bytes });
  open.send(frame);
  options.conversation.ownFile(frame);
  options.sent.add({
    bytes: frame.byteLength,
    notSent: () => entry.fail("Not sent: the connection ended before it was accepted."),
  });
  const total = open.bufferedAmount;
  while (open.bufferedAmount > 0) {
    if (open.readyState !== WebSocket.OPEN) return entry.fail("Not sent: the connection ended on the way.");
    entry.progress(total - open.bufferedAmount, total);
    await new Promise((resolve) => setTimeout(resolve, progressMs));
  }
  entry.done(bytes);
}

function showOutgoing(file: File, log: LogView): Outgoing {
  const status = make("span", { class: "facts", text: "Waiting …" });
  const bar = make("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `Sending ${shownName(file.name)}`);
  const body = make("div", {
    class: "file",
    children: [make("bdi", { text: shownName(file.name) }), facts(file.size), bar, status],
  });
  let preview: ReturnType<typeof previewOf> = null;
  const shown = log.entry({ mine: true, name: "" }, body, { bytes: 0, release: () => preview?.release() });
  return {
    progress(sent, total) {
      bar.value = sent / total;
      status.textContent = `Sending: ${Math.floor((100 * sent) / total)} %`;
    },
    done(bytes) {
      bar.remove();
      status.textContent = "Sent";
      preview = previewOf(file.name, bytes);
      if (preview !== null) body.append(preview.image);
    },
    fail(words) {
      bar.remove();
      status.textContent = words;
      shown.notSent();
    },
  };
}
