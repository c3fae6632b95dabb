/**
 * How an address differs from the expected one, when it seems to be meant for the same service; undefined when
 * it seems to be somebody else's.
 */
export const urlDifference = (expected: string, actual: string): string | undefined => {
  const wanted = URL.parse(expected);
  const found = URL.parse(actual);
  if (wanted === null || found === null) return undefined;
  const samePath = plainPath(wanted) === plainPath(found);
  if (wanted.host !== found.host && !samePath) return undefined;
  const differences = [
    ...(wanted.protocol === found.protocol
      ? []
      : [`scheme ${found.protocol.slice(0, -1)} instead of ${wanted.protocol.slice(0, -1)}`]),
    ...(wanted.host === found.host ? [] : [`host ${found.host} instead of ${wanted.host}`]),
    ...pathDifference(wanted.pathname, found.pathname),
  ];
  return differences.length === 0 ? "it is written differently" : differences.join(", ");
};

const plainPath = ({ pathname }: URL): string => pathname.toLowerCase().replace(/\/+$/, "");

const pathDifference = (wanted: string, found: string): readonly string[] => {
  if (wanted === found) return [];
  if (`${wanted}/` === found) return ["a slash at the end"];
  if (wanted.toLowerCase() === found.toLowerCase()) return ["letter case of its path"];
  return [`path ${found} instead of ${wanted}`];
};
