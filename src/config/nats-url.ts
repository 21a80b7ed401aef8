/** One server of `broker.nats.url`. */
interface NatsUrl {
  /** With the port, which is 4222 where the URL names none. */
  readonly host: string;
  readonly username: string;
  readonly password: string;
  readonly isSecure: boolean;
}

const defaultUrl = "nats://127.0.0.1:4222";

/** The servers of `broker.nats.url`; null where one of them is no URL of NATS. */
export function natsUrls(text: string): readonly NatsUrl[] | null {
  const urls = (text === "" ? defaultUrl : text).split(",").map((one) => natsUrl(one.trim()));
  return urls.every((url) => url !== null) ? urls : null;
}

function natsUrl(text: string): NatsUrl | null {
  try {
    const { protocol, hostname, port, username, password } = new URL(text.includes("://") ? text : `nats://${text}`);
    if (hostname === "" || (protocol !== "nats:" && protocol !== "tls:")) return null;
    return {
      host: `${hostname}:${port || "4222"}`,
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      isSecure: protocol === "tls:",
    };
  } catch {
    return null;
  }
}
