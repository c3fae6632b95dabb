import { setFlagsFromString } from "node:v8";

/** Shorter uploads leave too little garbage to limit. */
const limitedFromBytes = 8_388_608;

let limitedCount = 0;

/**
 * Limits the garbage that V8 keeps while a long upload is read: a small space for short-lived objects, and a collection
 * whenever the rest has grown by half. A million rows leave 17 GB of garbage, of which V8 keeps 150 MiB otherwise. It
 * costs other requests a quarter more processor time, so it ends with the last such upload.
 *
 * @param contentLength Undefined: unknown, and taken for long.
 * @returns a function that ends it.
 */
export const limitHeapGrowth = (contentLength: number | undefined): (() => void) => {
  if (contentLength !== undefined && contentLength < limitedFromBytes) return () => undefined;
  limitedCount += 1;
  setGrowth({ factor: 1, percent: 50 });
  let isEnded = false;
  return () => {
    if (isEnded) return;
    isEnded = true;
    limitedCount -= 1;
    // What V8 does by itself.
    if (limitedCount === 0) setGrowth({ factor: 2, percent: 0 });
  };
};

const setGrowth = ({ factor, percent }: { readonly factor: number; readonly percent: number }): void => {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  setFlagsFromString(`--heap-growing-percent=${percent}`);
};
