/** What an API key may do. `write` includes `read`, `admin` includes both. */
export const scopes = ["read", "write", "admin"] as const;
