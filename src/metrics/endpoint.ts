import { timingSafeEqual } from "node:crypto";
import { answer } from "../http/responses.ts";

/** Who may read the metrics. */
export interface MetricsAccess {
  /** Everyone: in the development profile, or on the internal port. */
  readonly isOpen: boolean;
  /** The bearer token that opens it elsewhere; "" is none. */
  key(): string;
}

/** `GET /metrics`: where it is not open, it is as if it were not there without the key. */
export function createMetricsEndpoint(
  metrics: { readonly contentType: string; render(): Promise<string> },
  access: MetricsAccess,
) {
  return async (request: Request): Promise<Response> => {
    if (!access.isOpen && !carriesKey(request, access.key())) {
      return answer(401, "Metrics need prometheus.key as a bearer token.", { "WWW-Authenticate": "Bearer" });
    }
    return new Response(await metrics.render(), {
      headers: { "Content-Type": metrics.contentType, "X-Content-Type-Options": "nosniff" },
    });
  };
}

function carriesKey(request: Request, key: string): boolean {
  const [scheme, token] = (request.headers.get("authorization") ?? "").split(" ");
  return key !== "" && scheme?.toLowerCase() === "bearer" && isSame(token ?? "", key);
}

/** Compares digests, so that neither the time nor the length reveals anything of the secret. */
function isSame(given: string, secret: string): boolean {
  const digest = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
