// What the service worker and a page with an engine say to each other about one request.
//
// A service worker keeps nothing in memory between two events, so it asks every page anew.
// The first that accepts gets the call over the same port and replies there. Whether the
// other side still lives is told by locks, which a browser releases when their holder is
// gone, however it went: no message could tell that.

/** To every page, with a port: who answers? */
export interface Offer {
  mixtab: 'offer';
  /** The service worker holds the lock of this name until the request is over. */
  callerLock: string;
}

/** A page's first message on the port. */
export interface Accept {
  type: 'accept';
  /** The page holds the lock of this name until its reply is over. */
  serverLock: string;
}

/** The request, to the page that was first. */
export interface Call {
  method: string;
  /** Below v1/, as "chat/completions". */
  path: string;
  body: string;
  /** Which page asks: those take turns. */
  caller: string;
}

/** The page's reply: one head, then pieces of the body, then one end. */
export type ReplyMessage =
  | { type: 'head'; status: number; contentType: string }
  | { type: 'piece'; text: string }
  | { type: 'end' };

export function isOffer(value: unknown): value is Offer {
  return typeof value === 'object' && value !== null && 'mixtab' in value && value.mixtab === 'offer';
}

/** Takes a lock and keeps it until the returned function is called. */
export function hold(name: string): Promise<() => void> {
  return new Promise((held, failed) => {
    navigator.locks.request(name, () => new Promise<void>(release => held(release))).catch(failed);
  });
}

/** Calls back when whoever holds the lock has released it, or is gone. */
export function whenReleased(name: string, callback: () => void): void {
  void navigator.locks.request(name, { mode: 'shared' }, callback);
}

/** A body of server-sent events, and one of them. */
export const eventStream = 'text/event-stream';

export function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
