import { writeFile } from "node:fs/promises";
import { logLines } from "./log-lines.ts";

const introduction = `# Logs

Made from \`docs/log-lines.ts\` by \`npm run docs\`; a test holds it against the source. Every process writes one line
an event to standard error; standard output is for data. \`LOG_LEVEL\` (default \`info\`) is the least level written.
Off a terminal, or with \`LOG_FORMAT=json\`, a line is one JSON object, as below. On a terminal, or with
\`LOG_FORMAT=text\`, it is the time and the same words for people: \`22:01:07 install 01JGFJJZ00000000000000000A completed\`.

Every JSON line has \`level\` (20 debug, 30 info, 40 warn, 50 error), \`time\`, \`role\` (which process) and \`msg\`: plain words
that never change, without ids. What it is about is in the other members, always under the same names:

| member | is |
| --- | --- |
| \`installId\`, \`batchId\`, \`row\`, \`workspaceId\`, \`connectorId\`, \`channelId\`, \`notificationId\` | what it is about |
| \`requestId\` | the API's request (the answer's \`request-id\`), or Bird's of an event |
| \`status\` | where the install or batch is now |
| \`attempt\` | calls to create so far |
| \`code\` | the error, of [errors.md](errors.md), or why a webhook was refused |
| \`what\` | the same words as in the install's timeline |
| \`reason\` | a sentence, or one word of a few |
| \`untilMs\` | until when it waits, Unix milliseconds |
| \`httpStatus\`, \`birdStatus\` | the answer's status: of Perch or a receiver, of Bird |
| \`err\` | a fault nobody expected, with its stack |

An install has one line for each step of its way, written once the step has happened; the one exception, \`install is
sent to Bird\`, comes right before the create, so that it is there when the process dies. The timeline of an install
(\`perch status ID\`, \`GET /v1/installs/{id}\`) tells the same story in the same order; it is kept in Redis and needs no
log. \`warn\` is for what somebody may have to look at, \`error\` for incidents. No line has a token, a key, a number or a
body.

Commands for people (\`perch install\`, \`import\`, \`retry\`, \`cancel\`, \`batch\`, …) and the library write no lines: commands
print what they did. Rows of a batch have no line when they are queued; from then on each has its own. What the settings
or Redis lack is told at start in sentences that are not listed here.

## Finding things

\`\`\`sh
jq -R 'fromjson? | select(.installId == "01JGFJJZ00000000000000000A")' perch.log           # an install's whole way
jq -R 'fromjson? | select(.batchId == "01JGFJJZ00000000000000000B" and .code) | [.row, .code]' -c perch.log
jq -R 'fromjson? | select(.connectorId == "7c1e1d0e-9f43-4f4c-8e0e-3b6f0f6f4d10")' perch.log  # from Bird's side
jq -R 'fromjson? | select(.requestId == "…")' perch.log                                    # what a request led to
jq -R 'fromjson? | select(.level >= 40) | .msg' -r perch.log | sort | uniq -c | sort -rn   # what went wrong, how often
\`\`\`

## Lines`;

const row = ({ level, message, fields, says }: (typeof logLines)[number]): string =>
  `| ${level} | ${message} | ${fields.map((field) => `\`${field}\``).join(", ")} | ${says} |`;

/** `docs/logs.md`, made from the list of lines. `npm run docs` writes it. */
export const logsPage = (): string =>
  `${[introduction, "", "| level | message | members | when |", "| --- | --- | --- | --- |", ...logLines.map(row)].join("\n")}\n`;

if (import.meta.main) await writeFile(new URL("./logs.md", import.meta.url), logsPage());
