/** Steps that something outside the process begins, at a time of its own. */
const begunOutside = /^received /;
const endsOutside = /^wait for a job /;

/**
 * Puts together the points of a life that are one moment: right after a step and right before the next, with
 * nothing between them but the process's own memory, which dies with it. One kill stands for both.
 */
export const crashMoments = (points: readonly string[]): readonly (readonly string[])[] => {
  const moments: string[][] = [];
  for (const point of points) {
    const moment = moments.at(-1);
    const last = moment?.at(-1);
    if (moment !== undefined && last !== undefined && isSameMoment(last, point)) moment.push(point);
    else moments.push([point]);
  }
  return moments;
};

const isSameMoment = (last: string, next: string): boolean =>
  last.endsWith(" after") && next.endsWith(" before") && !endsOutside.test(last) && !begunOutside.test(next);
