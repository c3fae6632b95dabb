import { writeFile } from "node:fs/promises";
import { logLines } from "./log-lines.ts";

const introduction = `# Logs

Made from \`docs/log-lines.ts\` by \`npm run docs\`; a test holds it against the source. Every process writes one line
an event to standard error; standard output is for data. \`LOG_LEVEL\` (default \`info\`) is the least level written.
Off a terminal, or with \`LOG_FORMAT=json\`, a line is one JSON object, as below. On a terminal, or with
\`LOG_FORMAT=text\`, it is the time and the same words for people: \`22:01:07 install 01JGFJJZ00000000000000000A completed\`.

Every JSON line has \`level\` (20 debug, 30 info, 40 warn, 50 error), \`time\`, \`role\` (which process) and \`msg\`: plain words
that never change, without ids. Everything else is in the other members, always under the same names:

| member | is |
| --- | --- |
| \`installId\`, \`batchId\`, \`row\`, \`workspaceId\`, \`connectorId\`, \`channelId\`, \`notificationId\` | the objects of the line |
| \`requestId\` | the API's request (the answer's \`request-id\`), or Bird's of an event |
| \`status\` | where the install or batch is now |
| \`attempt\` | number of creates sent |
| \`code\` | the error, of [errors.md](errors.md), or why a webhook was refused |
| \`what\` | the same words as in the install's timeline |
| \`reason\` | a sentence, or one of a few words |
| \`untilMs\` | until when it waits, Unix milliseconds |
| \`httpStatus\`, \`birdStatus\` | the answer's status: of Perch or a receiver, of Bird |
| \`birdCode\`, \`birdMessage\`, \`birdDetails\`, \`birdRequestId\` | what Bird said: its code, its sentence without tokens and numbers, paths of members it names, its id of the request |
| \`err\` | an unexpected error, with its stack |

An install has one line for each of its steps, written after the step. The exception is \`install is sent to Bird\`, which
is written right before the create, so that it exists if the process dies. The timeline of an install (\`perch status ID\`,
\`GET /v1/installs/{id}\`) has the same steps in the same order; it is stored in Redis and needs no log. \`warn\` is for
what an operator may have to check, \`error\` for incidents. No line has a token, a key, a number or a body.

Commands for people (\`perch install\`, \`import\`, \`retry\`, \`cancel\`, \`batch\`, …) and the library write no lines: commands
print what they did. Rows of a batch have no line when they are queued; after that each install has its own. Problems of the
settings or of Redis are printed at start, in sentences that are not listed here.

## Finding things

\`\`\`sh
jq -R 'fromjson? | select(.installId == "01JGFJJZ00000000000000000A")' perch.log           # all lines of an install
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
