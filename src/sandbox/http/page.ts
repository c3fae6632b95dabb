import { z } from "zod";
import { type Answer, invalidAnswer } from "./answer.ts";

/** Query of every list. Bird's default page is 10; unknown members are ignored. */
export const pageQuerySchema = (limitMax: number) =>
  z.object({
    limit: z.coerce
      .number("must be a number")
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .max(limitMax, `must be at most ${limitMax}`)
      .default(10),
    pageToken: z
      .string()
      .max(8000)
      .transform((token, context) => {
        const index = /^at:(\d{1,9})$/.exec(Buffer.from(token, "base64url").toString())?.[1];
        // One more than the index, because a page in reverse may end before the first item.
        if (index !== undefined) return Number(index) - 1;
        context.addIssue({ code: "custom", message: "is not valid" });
        return z.NEVER;
      })
      .optional(),
    reverse: z.enum(["true", "false"], "must be true or false").optional(),
  });

type PageQuery = z.infer<ReturnType<typeof pageQuerySchema>>;

/**
 * One page of an append-only list, oldest first unless `reverse`.
 *
 * Every full page names a next one, which is empty when the list ended exactly there. A token stays good while
 * the list grows; it must be used with the direction it was given for.
 */
export const pageAnswer = <Item>(
  items: readonly Item[],
  { limit, pageToken, reverse }: PageQuery,
  options: { readonly isShown: (item: Item) => boolean; readonly toJson: (item: Item) => unknown },
): Answer => {
  const results: unknown[] = [];
  const step = reverse === "true" ? -1 : 1;
  let index = pageToken ?? (step === 1 ? 0 : items.length - 1);
  for (; results.length < limit; index += step) {
    const item = items[index];
    if (item === undefined) return { status: 200, body: { results } };
    if (options.isShown(item)) results.push(options.toJson(item));
  }
  const nextPageToken = Buffer.from(`at:${index + 1}`).toString("base64url");
  return { status: 200, body: { results, nextPageToken } };
};

/** Parses the query of a list, or answers 422. */
export const withQuery = <T extends z.ZodType>(
  schema: T,
  query: unknown,
  answer: (query: z.output<T>) => Answer,
): Answer => {
  const parsed = schema.safeParse(query);
  return parsed.success ? answer(parsed.data) : invalidAnswer(parsed.error.issues);
};
