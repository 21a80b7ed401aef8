/** How one kind of pages looks a path up; null, now or later: there is nothing under it. */
export type Lookup = (path: string, request: Request) => Promise<Response | null> | null;
