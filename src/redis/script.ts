import type { z } from "zod";
import type { RedisClient } from "./client.ts";

type Value = string | number;

/** What a script is called with: a key or an argument for each name, a list where there are more of them. */
type Inputs<
  Keys extends string,
  Args extends string,
  MoreKeys extends string,
  MoreArgs extends string,
  EachKeys extends string,
  EachArgs extends string,
> = { readonly [Name in Keys]: string } & { readonly [Name in Args]: Value } & {
  readonly [Name in MoreKeys]: readonly string[];
} & { readonly [Name in MoreArgs]: readonly Value[] } & ([EachKeys] extends [never]
    ? unknown
    : {
        readonly each: readonly ({ readonly [Name in EachKeys]: string } & {
          readonly [Name in EachArgs]: Value;
        })[];
      });

/**
 * Defines a Lua script by the names of its keys and arguments, which are local variables in `lua` and members of the
 * object it is called with. All keys of one call must be in one slot of a cluster. Redis passes every argument as a
 * string.
 *
 * @param script.name Of the command on the connection; tests and logs know the script by it.
 * @param script.moreKeys Keys of any number after the named ones: a list in `lua`. The same for `moreArgs`.
 * @param script.each Instead of those: keys and arguments that each of many things has. `each` is a list of tables with
 * these members in `lua`, and a list of objects with them in the call.
 * @param script.answer What the script returns. Lua's `false` and `nil` arrive as null, its numbers as integers.
 * @throws {TypeError} the script returned something else.
 */
export const defineScript = <
  const Keys extends string,
  const Args extends string = never,
  const MoreKeys extends string = never,
  const MoreArgs extends string = never,
  const EachKeys extends string = never,
  const EachArgs extends string = never,
  Answer = never,
>(script: {
  readonly name: string;
  readonly keys: readonly Keys[];
  readonly args?: readonly Args[];
  readonly moreKeys?: MoreKeys;
  readonly moreArgs?: MoreArgs;
  readonly each?: { readonly keys: readonly EachKeys[]; readonly args: readonly EachArgs[] };
  readonly answer: z.ZodType<Answer>;
  readonly lua: string;
}) => {
  const { name, keys, args = [], moreKeys, moreArgs, each, answer } = script;
  const hasAnyKeys = moreKeys !== undefined || each !== undefined;
  const definition = {
    lua: [
      localNames("KEYS", keys, moreKeys),
      localNames("ARGV", args, moreArgs),
      each === undefined ? "" : localEach(each, { keys: keys.length, args: args.length }),
      script.lua.replace(/^\n/, ""),
    ].join(""),
    // Without it, ioredis takes the first argument to be the number of keys.
    ...(!hasAnyKeys && { numberOfKeys: keys.length }),
  };

  return async (
    client: RedisClient,
    inputs: Inputs<Keys, Args, MoreKeys, MoreArgs, EachKeys, EachArgs>,
  ): Promise<Answer> => {
    if (!(name in client)) client.defineCommand(name, definition);
    // Read untyped, because TypeScript does not narrow members whose names are type parameters; `Inputs` types the caller.
    const things = each === undefined ? [] : thingsOf(inputs);
    const values: unknown[] = [];
    const add = (
      names: readonly string[],
      more: string | undefined,
      ofEach: readonly string[] = [],
    ): void => {
      for (const one of names) values.push(Reflect.get(inputs, one));
      if (more !== undefined) values.push(...Reflect.get(inputs, more));
      for (const thing of things) for (const one of ofEach) values.push(Reflect.get(thing, one));
    };
    add(keys, moreKeys, each?.keys);
    if (hasAnyKeys) values.unshift(values.length);
    add(args, moreArgs, each?.args);
    // defineCommand adds the method at run time, without a type; `answer` checks what it returns.
    const reply: unknown = await Reflect.apply(Reflect.get(client, name), client, values);
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

const thingsOf = (inputs: object): readonly object[] => {
  const each: unknown = Reflect.get(inputs, "each");
  return Array.isArray(each) ? each : [];
};

/** Lua: a list of tables, each with one key or argument of every name, taken from behind the named ones. */
const localEach = (
  { keys, args }: { readonly keys: readonly string[]; readonly args: readonly string[] },
  before: { readonly keys: number; readonly args: number },
): string => {
  const from = (table: "KEYS" | "ARGV", names: readonly string[], first: number): string[] =>
    names.map((name, at) => `${name} = ${table}[n * ${names.length} + ${first + at + 1}]`);
  const members = [...from("KEYS", keys, before.keys), ...from("ARGV", args, before.args)];
  return `local each = {}\nfor n = 0, (#KEYS - ${before.keys}) / ${keys.length} - 1 do each[n + 1] = {${members.join(", ")}} end\n`;
};
