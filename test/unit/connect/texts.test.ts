import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { z } from "zod";
import { connectFailures } from "../../../src/install/connect-link.ts";

const folder = join(import.meta.dirname, "../../../connect/texts");

const catalogueSchema = z.record(z.string(), z.string());

const read = async (file: string) =>
  catalogueSchema.parse(JSON.parse(await readFile(join(folder, file), "utf8")));

const placeholders = (text: string): readonly string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test("every language has every text of the page, none empty, with the same names in it", async () => {
  const files = (await readdir(folder)).sort();
  assert.deepEqual(files, ["de.json", "en.json", "es.json", "pt-BR.json"]);
  const en = await read("en.json");
  for (const file of files) {
    const texts = await read(file);
    assert.deepEqual(Object.keys(texts).sort(), Object.keys(en).sort(), file);
    for (const [key, text] of Object.entries(texts)) {
      assert.ok(text.trim().length > 1, `${file} ${key}`);
      assert.deepEqual(placeholders(text), placeholders(en[key] ?? ""), `${file} ${key}`);
      if (file !== "en.json") assert.notEqual(text, en[key], `${file} ${key} is English`);
    }
  }
});

test("every failure of a link that a customer can see has a text", async () => {
  const en = await read("en.json");
  for (const code of [...Object.keys(connectFailures), "install_failed", "no_session_info", "other"])
    assert.ok(en[`failed.${code}`], code);
});
