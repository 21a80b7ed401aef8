import type { PublicationContext } from "centrifuge";
import { createLogView, type LogView } from "../chat/log-view.ts";
import { field, need, takeTurns } from "../dom.ts";
import { adoptIdentity } from "../identity.ts";
import { recall, remember } from "../memory.ts";
import { type ChannelsClient, createChannelsClient, type Recovery, type Transport } from "./client.ts";
import { startHistory } from "./history.ts";
import { publicationWords } from "./publication-words.ts";
import { startPublishing } from "./publishing.ts";
import type { Standing } from "./standing.ts";
import { createWho, userWords } from "./who.ts";

/** The Channels tab: what the stock Centrifuge client can do with a channel, and what recovery brings back. */
export function startChannels(section: HTMLElement): void {
  const log = createLogView(need(section, ".log-frame", HTMLElement));
  const showConnection = standingIn(need(section, "#channels-connection", HTMLElement));
  const showSubscription = standingIn(need(section, "#channels-subscription", HTMLElement));
  const recovery = need(section, "#channels-recovery", HTMLElement);
  const client: ChannelsClient = createChannelsClient({
    connection(standing) {
      if (!showConnection(standing)) return;
      enable(section, standing.at !== "closed" && standing.at !== "refused");
      enableSubscribe(section, client);
      log.note(standing.words);
      if (standing.at !== "open") who.clear();
      // The client keeps a subscription that it cannot make.
      if (standing.at === "refused") showSubscription({ at: "closed", words: "Not subscribed." });
    },
    subscription(standing) {
      showSubscription(standing);
      enableSubscribed(section, standing.at);
      enableSubscribe(section, client);
      if (standing.at === "closed" || standing.at === "refused") {
        who.clear();
        history.clear();
        log.note(standing.words);
      }
    },
    publication: (publication, wasRecovered) => showPublication(log, publication, { id: client.id(), wasRecovered }),
    presence({ joined, left }) {
      if (joined !== undefined) who.joined(joined);
      else if (left !== undefined) who.left(left);
      else void who.refresh();
    },
    recovery(outcome) {
      recovery.textContent = recoveryWords(outcome);
      log.note(recoveryWords(outcome));
    },
    fault: (words) => log.note(`Fault: ${words}`),
  });
  const who = createWho(need(section, "#channels-who", HTMLElement), client);
  const history = startHistory(need(section, "#channels-history", HTMLElement), client.subscription);
  const join = need(section, "#channels-join", HTMLFormElement);
  startJoin(join, client);
  field(join, "channel").addEventListener("input", () => enableSubscribe(section, client));
  startPublishing(need(section, "#channels-publish", HTMLFormElement), { log, subscription: client.subscription });
  startCut(need(section, "#channels-cut", HTMLButtonElement), client);
  showConnection({ at: "closed", words: "Not connected. Connect also subscribes to the channel." });
  showSubscription({ at: "closed", words: "Not subscribed." });
}

/** Shows the state of something, and returns whether it has changed. */
function standingIn(status: HTMLElement): (standing: Standing) => boolean {
  return ({ at, words }) => {
    const isNews = status.textContent !== words;
    // What has not changed is not written again: a screen reader would say it again.
    if (isNews) status.textContent = words;
    status.dataset["at"] = at;
    return isNews;
  };
}

type Field = HTMLButtonElement | HTMLInputElement;

/** Marks with `data-needs` say which controls work when; the rest always do. */
function enable(section: HTMLElement, isConnected: boolean): void {
  if (!isConnected) enableSubscribed(section, "closed");
  const [connect, close] = [button(section, "connect"), button(section, "close")];
  if (isConnected) takeTurns(connect, close);
  else takeTurns(close, connect);
  for (const control of section.querySelectorAll<Field>('[data-needs="connection"]')) control.disabled = !isConnected;
}

/** Unsubscribe works where there is a subscription, or one is on its way. */
function enableSubscribed(section: HTMLElement, at: Standing["at"]): void {
  const [subscribe, unsubscribe] = [button(section, "subscribe"), button(section, "unsubscribe")];
  if (at === "open" || at === "connecting") takeTurns(subscribe, unsubscribe);
  else if (!unsubscribe.disabled) takeTurns(unsubscribe, subscribe);
  for (const control of section.querySelectorAll<Field>('[data-needs="subscription"]')) {
    control.disabled = at !== "open";
  }
}

/** Subscribe works on a connection, for a channel that is not the one of the subscription. */
function enableSubscribe(section: HTMLElement, client: ChannelsClient): void {
  const isConnected = button(section, "connect").disabled;
  const isSubscribed = !button(section, "unsubscribe").disabled;
  const { value } = field(need(section, "#channels-join", HTMLFormElement), "channel");
  button(section, "subscribe").disabled = !isConnected || (isSubscribed && client.subscription()?.channel === value);
}

function button(section: HTMLElement, name: string): HTMLButtonElement {
  return need(section, `#channels-${name}`, HTMLButtonElement);
}

function startJoin(form: HTMLFormElement, client: ChannelsClient): void {
  const channel = field(form, "channel");
  channel.value = recall("channel") ?? "lobby";
  adoptIdentity(form);
  channel.addEventListener("change", () => remember("channel", channel.value));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { value } = need(form, "#channels-transport", HTMLSelectElement);
    client.connect(field(form, "token").value.trim(), value as Transport);
    client.subscribe(channel.value);
  });
  need(form, "#channels-close", HTMLButtonElement).addEventListener("click", () => client.close());
  need(form, "#channels-subscribe", HTMLButtonElement).addEventListener("click", () => {
    if (form.reportValidity()) client.subscribe(channel.value);
  });
  need(form, "#channels-unsubscribe", HTMLButtonElement).addEventListener("click", () => client.unsubscribe());
}

function startCut(button: HTMLButtonElement, client: ChannelsClient): void {
  let isCut = false;
  button.addEventListener("click", () => {
    isCut = !isCut;
    button.textContent = isCut ? "Let it come back" : "Cut the connection";
    if (isCut) client.cut();
    else client.mend();
  });
}

function showPublication(
  log: LogView,
  publication: PublicationContext,
  { id, wasRecovered }: { id: string; wasRecovered: boolean },
): void {
  const { name, text } = publicationWords(publication);
  const { info, offset } = publication;
  const details = [offset ? `#${offset}` : "", wasRecovered ? "recovered" : ""].filter((detail) => detail !== "");
  log.text(
    {
      mine: info !== undefined && info.client === id,
      name: name === "" ? (info === undefined ? "Server" : userWords(info.user)) : name,
      detail: details.join(" · "),
    },
    text,
  );
}

function recoveryWords({ recovered, count }: Recovery): string {
  if (!recovered) return "Not recovered: the server no longer keeps all that was missed.";
  return count === 0 ? "0 recovered: nothing was missed." : `${count} recovered: all that came while the line was cut.`;
}
