import { whileRedisAnswers } from "./redis-unavailable.ts";

/** The same function; what keeps Redis from answering becomes one error a caller can act on. */
export const answering =
  <Args extends readonly unknown[], T>(run: (...args: Args) => Promise<T>) =>
  (...args: Args): Promise<T> =>
    whileRedisAnswers(() => run(...args));

/** The same for what is read bit by bit. */
export async function* answeringEach<T>(source: AsyncGenerator<T, void, undefined>) {
  try {
    for (;;) {
      const { done, value } = await whileRedisAnswers(() => source.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    await source.return();
  }
}
