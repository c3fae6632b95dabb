import { z } from "zod";
import { isUlid } from "./ids.ts";

const notACursor = "must be the nextCursor of the page before";

/** A mangled cursor is refused: taken for the first page or the end, it would make a client loop or stop early. */
export const cursorSchema = (isCursor: (text: string) => boolean) =>
  z
    .string(notACursor)
    .max(300, { error: notACursor, abort: true })
    .refine(isCursor, notACursor)
    .meta({ description: "`nextCursor` of the previous page; omit it for the first." })
    .optional();

/** Of lists of installs and batches. */
export const ulidCursorSchema = cursorSchema(isUlid);

/** Whether a text is a cursor of a list by time: Unix ms and an id. */
export const isPositionCursor = (text: string): boolean => /^\d{1,16}_[\w.~-]+$/.test(text);
