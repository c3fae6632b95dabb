import { useQueryClient } from "@tanstack/react-query";

/** Reads everything about installs again. */
export const useRereadInstalls = (): (() => Promise<void>) => {
  const client = useQueryClient();
  return async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: ["install"] }),
      client.invalidateQueries({ queryKey: ["installs"] }),
    ]);
  };
};
