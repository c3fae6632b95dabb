import { type ConnectOptions, type ConnectSession, createSession } from "./session.ts";

/**
 * `connect.js`: takes a customer through a link on a page of your own. Call `start` of what it returns in the click on your
 * button, and show what `onStatus` says.
 */
export const connect = (options: ConnectOptions): ConnectSession => createSession(options);
