/** What a command returns to the shell; 130 is the custom for an interrupt (128 + SIGINT). */
export const exitCode = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const;
