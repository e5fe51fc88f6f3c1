// What the tabs that share an engine tell each other. One of them leads: it has the worker. Each
// engine object in any of them is a member. A leader is known by its term, a number that grows
// from one leader to the next, so that nobody listens to one that was replaced while it slept.

import type { EngineEvent, EngineRequest } from '../protocol.ts';

/** On the wire of all. */
export type Call =
  | { type: 'leads'; term: number }
  /** Answered with a welcome on the member's own wire. */
  | { type: 'join'; member: string };

/** On a member's own wire, from the leader. */
export type ToMember = { term: number } & (
  | { type: 'welcome' }
  /** What the engine has for experts now, and would have with another leader. */
  | { type: 'budget'; expertBudget: number }
  | { type: 'event'; event: EngineEvent }
  /** A request of the member's waits for another member's, or does no longer. */
  | { type: 'waits'; waits: boolean }
  | { type: 'pong' }
);

/** On a member's own wire, to the leader. */
export type ToLeader = { term: number } & (
  | { type: 'request'; request: EngineRequest }
  /** Asks for a pong. */
  | { type: 'ping' }
);

/** The wire of one member, and the lock that it holds while it lives. */
export const nameOf = (engine: string, member: string) => `${engine} ${member}`;
