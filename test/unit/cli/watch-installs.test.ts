import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type EndedCounts, watchInstalls } from "../../../src/cli/watch-installs.ts";
import type { Install, InstallStatus } from "../../../src/install/install.ts";

const at = "2026-01-01T00:00:00.000Z";
const install = (id: string, status: InstallStatus): Install => ({
  workspaceId: "w",
  name: "n",
  wabaId: "1",
  phoneId: "1",
  phoneNumber: "+1",
  id,
  status,
  attempts: 0,
  createdAt: at,
  updatedAt: at,
});

const watch = async (
  ids: readonly string[],
  statusOf: (id: string, round: number) => InstallStatus | undefined,
) => {
  let round = 0;
  let looked = 0;
  const looksPerRound: number[] = [];
  const seen: EndedCounts[] = [];
  const isEnded = await watchInstalls(
    {
      installs: {
        findMany: async (group) => {
          looked += group.length;
          return group.map((id) => {
            const status = statusOf(id, round);
            return status && install(id, status);
          });
        },
      },
      pause: async () => {
        round += 1;
        looksPerRound.push(looked);
        looked = 0;
      },
    },
    ids,
    { onProgress: (counts) => seen.push(counts) },
  );
  return { isEnded, looksPerRound, seen, pauses: round };
};

describe("watching installs", () => {
  it("ends when every install has ended or is gone, and counts those that failed", async () => {
    const { isEnded, seen } = await watch(["a", "b", "c", "d", "a"], (id, round) => {
      if (id === "a") return "completed";
      if (id === "b") return "failed";
      if (id === "c") return undefined;
      return round < 3 ? "held" : "cancelled";
    });
    assert.equal(isEnded, true);
    assert.deepEqual(seen.at(-1), { ended: 4, failed: 2, all: 4 });
  });

  it("looks at a bounded number between two pauses and reaches every install in turn", async () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `i${index}`);
    const { looksPerRound } = await watch(ids, (_id, round) => (round < 5 ? "held" : "completed"));
    assert.deepEqual(looksPerRound, [2000, 2000, 2000, 2000, 2000]);
  });

  it("does not pause while most of what it sees has ended", async () => {
    const ids = Array.from({ length: 100_000 }, (_, index) => `i${index}`);
    assert.equal((await watch(ids, () => "completed")).pauses, 0);
  });

  it("has nothing to do without installs", async () => {
    assert.equal((await watch([], () => "held")).isEnded, true);
  });
});
