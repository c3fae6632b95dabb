/** Members of a sorted set and their scores, which Redis answers by turns to `WITHSCORES`. */
export const scoredMembers = (
  answer: readonly string[],
): readonly { readonly member: string; readonly score: number }[] =>
  answer.flatMap((member, place) => (place % 2 === 0 ? [{ member, score: Number(answer[place + 1]) }] : []));
