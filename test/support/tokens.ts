import { SignJWT } from "jose";

/** The secret under which test tokens are signed: for `client.token.hmac_secret_key`. */
export const secret = "a secret of the tests, longer than 256 bits";

/** A connection token, as a back end would make it; `expiresAt` is in milliseconds since 1970, and none is never. */
export function connectionToken(
  user: string,
  { expiresAt, info, signedWith = secret }: { expiresAt?: number; info?: unknown; signedWith?: string } = {},
): Promise<string> {
  const token = new SignJWT({ sub: user, ...(info !== undefined && { info }) }).setProtectedHeader({ alg: "HS256" });
  if (expiresAt !== undefined) token.setExpirationTime(Math.floor(expiresAt / 1000));
  return token.sign(new TextEncoder().encode(signedWith));
}
