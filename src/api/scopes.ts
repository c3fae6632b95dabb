/** What an API key may do. See `grants` in `api-keys.ts` for which scope includes which. */
export const scopes = ["read", "messages", "write", "admin"] as const;
