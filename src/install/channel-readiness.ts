/**
 * Whether a channel of this status can be used. Bird publishes no list of statuses, so it is an allow-list;
 * a channel whose status nobody names counts as usable.
 *
 * @param readyStatuses `CHANNEL_READY_STATUSES`.
 */
export const isChannelUsable = (status: string | undefined, readyStatuses: readonly string[]): boolean =>
  status === undefined || status === "" || readyStatuses.includes(status);
