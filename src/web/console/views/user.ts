/** How a user is shown. */
export function nameOfUser(user: string | null): string {
  return user === null ? "not authenticated" : user === "" ? "anonymous" : user;
}
