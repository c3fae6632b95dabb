import { api } from "../api/client.ts";
import { useNewestPages } from "../api/newest-pages.ts";
import { usePages } from "../api/pages.ts";
import { answered } from "../api/problem.ts";
import type { InstallsFilter } from "../api/resources.ts";

const readPage = (query: InstallsFilter, signal: AbortSignal) =>
  answered(api.GET("/v1/installs", { params: { query }, signal }));

/** Installs that match, newest first. */
export const useInstallPages = (filter: InstallsFilter) =>
  useNewestPages("installs", filter, (page, signal) => readPage({ ...filter, ...page }, signal));

/** Installs that match and have ended, the latest end first. */
export const useEndedPages = (filter: InstallsFilter) =>
  usePages(
    ["installs", "ended", filter],
    (cursor, signal) => readPage({ ...filter, limit: 50, ...(cursor !== undefined && { cursor }) }, signal),
    { keepsOthers: true },
  );
