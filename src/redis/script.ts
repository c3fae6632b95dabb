import type { z } from "zod";
import type { RedisClient } from "./client.ts";

type Value = string | number;

/** What a script is called with: a key or an argument for each name, a list where there are more of them. */
type Inputs<Keys extends string, Args extends string, MoreKeys extends string, MoreArgs extends string> = {
  readonly [Name in Keys]: string;
} & { readonly [Name in Args]: Value } & { readonly [Name in MoreKeys]: readonly string[] } & {
  readonly [Name in MoreArgs]: readonly Value[];
};

/**
 * Defines a Lua script by the names of its keys and arguments, which are local variables in `lua` and members of the
 * object it is called with. All keys of one call must be in one slot of a cluster. Redis passes every argument as a
 * string.
 *
 * @param script.name Of the command on the connection; tests and logs know the script by it.
 * @param script.moreKeys Keys of any number after the named ones: a list in `lua`. The same for `moreArgs`.
 * @param script.answer What the script returns. Lua's `false` and `nil` arrive as null, its numbers as integers.
 * @throws {TypeError} the script returned something else.
 */
export const defineScript = <
  const Keys extends string,
  const Args extends string = never,
  const MoreKeys extends string = never,
  const MoreArgs extends string = never,
  Answer = never,
>(script: {
  readonly name: string;
  readonly keys: readonly Keys[];
  readonly args?: readonly Args[];
  readonly moreKeys?: MoreKeys;
  readonly moreArgs?: MoreArgs;
  readonly answer: z.ZodType<Answer>;
  readonly lua: string;
}) => {
  const { name, keys, args = [], moreKeys, moreArgs, answer } = script;
  const definition = {
    lua: [
      localNames("KEYS", keys, moreKeys),
      localNames("ARGV", args, moreArgs),
      script.lua.replace(/^\n/, ""),
    ].join(""),
    // Without it, ioredis takes the first argument to be the number of keys.
    ...(moreKeys === undefined && { numberOfKeys: keys.length }),
  };

  return async (client: RedisClient, inputs: Inputs<Keys, Args, MoreKeys, MoreArgs>): Promise<Answer> => {
    if (!(name in client)) client.defineCommand(name, definition);
    const of = (names: readonly string[], more: string | undefined): unknown[] => [
      ...names.map((each) => Reflect.get(inputs, each)),
      ...(more === undefined ? [] : Reflect.get(inputs, more)),
    ];
    const keyValues = of(keys, moreKeys);
    const reply: unknown = await Reflect.apply(Reflect.get(client, name), client, [
      ...(moreKeys === undefined ? [] : [keyValues.length]),
      ...keyValues,
      ...of(args, moreArgs),
    ]);
    const read = answer.safeParse(reply);
    if (!read.success)
      throw new TypeError(`${name} returned something else than it says.`, { cause: read.error });
    return read.data;
  };
};

/** Lua: `local a, b = KEYS[1], KEYS[2]`, and a list of those after them. */
const localNames = (table: "KEYS" | "ARGV", names: readonly string[], more: string | undefined): string => {
  const values = names.map((_, index) => `${table}[${index + 1}]`);
  const named = names.length === 0 ? "" : `local ${names.join(", ")} = ${values.join(", ")}\n`;
  if (more === undefined) return named;
  const from = names.length;
  return `${named}local ${more} = {}\nfor n = ${from + 1}, #${table} do ${more}[n - ${from}] = ${table}[n] end\n`;
};
