import type { Command } from "commander";

/** What people type, by command; `--help` shows it. */
const examples: Readonly<Record<string, readonly string[]>> = {
  start: ["perch start", "perch start --env-file production.env"],
  api: ["perch api"],
  worker: ["perch worker"],
  webhook: ["perch webhook"],
  sandbox: ["perch sandbox", "perch sandbox --faults faults.json --channel-delay 500"],
  demo: ["perch demo"],
  install: [
    'perch install --workspace 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10 --name "Acme support" --waba 102290129340398 --phone-id 106540352242922 --phone +14155550123 --access-token-file token.txt --wait',
  ],
  import: [
    "perch import numbers.csv --dry-run",
    "perch import numbers.csv --dry-run --check-meta",
    "perch import numbers.csv --canary 5 --halt-at 20% --watch --out results.csv",
  ],
  check: ["perch check token.txt", "perch check token.txt --json"],
  "connect run": ["perch connect run"],
  "connect create": [
    'perch connect create --workspace 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10 --name "Acme support" --expires-in 3d',
  ],
  "connect list": ["perch connect list --status open,opened", "perch connect list --json"],
  "connect revoke": ["perch connect revoke lnk_01KB6X4Q8ZGABCDEFGH1234567"],
  status: ["perch status 01KB6X4Q8ZGABCDEFGH123456", "perch status GH123456 --watch"],
  list: [
    "perch list --status failed,cancelled --since 2h",
    "perch list --name acme --code rejected_by_bird",
    "perch list --phone +14155550123 --json",
  ],
  batch: [
    "perch batch",
    "perch batch GH123456 --watch",
    "perch batch GH123456 --out now.csv",
    "perch batch GH123456 --rows --status failed,rejected",
  ],
  batches: ["perch batches", "perch batches --status running,paused", "perch batches --limit 100 --json"],
  "notifications list": [
    "perch notifications list --status failed",
    "perch notifications list --receivers --json",
  ],
  "notifications resend": [
    "perch notifications resend --url https://crm.example.com/perch",
    "perch notifications resend msg_01KB6X4Q8ZGABCDEFGH123456_completed",
  ],
  "notifications test": ["perch notifications test https://crm.example.com/perch"],
  events: ["perch events", "perch events --state refused --json"],
  retry: [
    "perch retry GH123456",
    "perch retry --batch GH123456 --code rejected_by_bird --access-token-file token.txt",
  ],
  cancel: ["perch cancel GH123456", "perch cancel --batch GH123456 --yes"],
  uninstall: ["perch uninstall GH123456"],
  erase: ["perch erase --phone +14155550123"],
  "workspaces list": ["perch workspaces list", "perch workspaces list --held --json"],
  "workspaces prepare": ["perch workspaces prepare 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10"],
  "workspaces resume": ["perch workspaces resume 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10"],
  "workspaces key": [
    "perch workspaces key 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10 --key-file key.txt",
    "perch workspaces key 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10 --remove",
  ],
  stats: ["perch stats", "perch stats --hours 48 --json"],
  shards: ["perch shards", "perch shards --grow 3"],
  doctor: ["perch doctor", "perch doctor --workspace 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10 --json"],
  "verify-signature": [
    "perch verify-signature --url https://perch.example.com/webhooks/bird --timestamp 1764412800 --signature c2lnbmF0dXJl --body body.json",
  ],
  "keys seal": ["perch keys seal"],
  "keys api": ["perch keys api --name crm --scope read"],
  completion: [
    "source <(perch completion bash)",
    "perch completion fish > ~/.config/fish/completions/perch.fish",
  ],
};

/** The examples of a command, named without `perch`. */
export const examplesOf = (name: string): readonly string[] => examples[name] ?? [];

/** Adds the examples to the help of a command. */
export const addExamples = (command: Command, name: string): void => {
  const lines = examplesOf(name).map((example) => `  ${example}\n`);
  if (lines.length > 0) command.addHelpText("after", `\nExamples:\n${lines.join("")}`.trimEnd());
};
