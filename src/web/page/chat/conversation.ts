import { type Published, publicationWords } from "../channels/publication-words.ts";
import { readFileFrame } from "./file-frame.ts";
import { receivedFile } from "./files.ts";
import type { From, LogView, SentEntry } from "./log-view.ts";
import { bytesOf, contentOfBytes, missing } from "./missing.ts";
import { splitSender } from "./sender.ts";
import { readTextFrame } from "./text-frame.ts";

/** What was said in a channel, in the log: live and from its history, without saying anything twice. */
export interface Conversation {
  /** A channel is chosen; what was said in another one is not compared with it. */
  enter(channel: string): void;
  text(frame: string): void;
  binary(frame: ArrayBuffer): void;
  /** What one said oneself. */
  own(from: From, frame: string, text: string): SentEntry;
  /** A file that one sent. */
  ownFile(frame: Uint8Array<ArrayBuffer>): void;
  /** What the server keeps, the oldest first: what is not in the log yet is added. */
  earlier(history: readonly Published[]): void;
}

/** Entries that are compared with a history. */
const comparedMax = 200;

export function createConversation(log: LogView): Conversation {
  let channel: string | null = null;
  /** The contents of the log's entries in this channel, the oldest first. */
  let said: string[] = [];
  const remember = (content: string): void => {
    said = [...said, content].slice(-comparedMax);
  };

  const showText = (frame: string, from: Partial<From>): void => {
    const { name, text } = readTextFrame(frame);
    log.text({ mine: false, name, ...from }, text);
    remember(frame);
  };
  const showBinary = (frame: ArrayBuffer, from: Partial<From>): void => {
    // A client of another make may send any bytes; they are offered as they came.
    const { name, bytes } = readFileFrame(frame) ?? { name: "bytes.bin", bytes: new Uint8Array(frame) };
    const file = splitSender(name);
    const { body, kept } = receivedFile({ name: file.name, bytes });
    log.entry({ mine: false, name: file.sender, ...from }, body, kept);
    remember(contentOfBytes(new Uint8Array(frame)));
  };

  return {
    enter(name) {
      if (name !== channel) said = [];
      channel = name;
    },
    text: (frame) => showText(frame, {}),
    binary: (frame) => showBinary(frame, {}),
    own(from, frame, text) {
      remember(frame);
      return log.text(from, text);
    },
    ownFile: (frame) => remember(contentOfBytes(frame)),
    earlier(history) {
      for (const publication of missing(said, history)) {
        const bytes = bytesOf(publication);
        if (bytes !== null) showBinary(bytes.buffer, { isEarlier: true });
        else if (typeof publication.data === "string") showText(publication.data, { isEarlier: true });
        else showText(publicationWords(publication).text, { isEarlier: true });
      }
    },
  };
}
