import { messageId, type NotificationType, notificationTypes } from "../../queue/outbox/data.ts";

/** What a notification is about, and when it is sent. */
const subjects: Readonly<
  Record<NotificationType, { readonly component: "Install" | "Batch" | "ConnectLink"; readonly when: string }>
> = {
  "install.completed": { component: "Install", when: "The channel of an install exists" },
  "install.failed": { component: "Install", when: "An install failed; `data.error` says why and who acts" },
  "install.cancelled": { component: "Install", when: "An install was cancelled" },
  "batch.finished": { component: "Batch", when: "Every row of a batch has ended" },
  "connect.completed": { component: "ConnectLink", when: "The install of a connect link is completed" },
  "connect.cancelled": { component: "ConnectLink", when: "The customer of a connect link broke off" },
};

const header = (name: string, description: string, example: string) =>
  ({ in: "header", name, required: true, description, schema: { type: "string" }, example }) as const;

const headersOf = (id: string) => [
  header("webhook-id", "One outcome, in every delivery of it: drop repeats by this.", id),
  header("webhook-timestamp", "When this request was made, Unix seconds.", "1795935600"),
  header(
    "webhook-signature",
    "Standard Webhooks 1.0: `v1,` and base64, one for each secret of NOTIFY_SECRET, with spaces between.",
    "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  ),
];

const operationId = (type: string): string =>
  `on${type
    .split(".")
    .map((word) => word.replace(/^./, (first) => first.toUpperCase()))
    .join("")}`;

const subjectId = "01KB6Z3V9N1YF0T4C8M2R5W7XE";

/** The notifications, as OpenAPI documents what a service sends; the components are those of the routes. */
export const documentedWebhooks = Object.fromEntries(
  notificationTypes.map((type) => {
    const { component, when } = subjects[type];
    return [
      type,
      {
        post: {
          operationId: operationId(type),
          tags: ["notifications"],
          summary: when,
          description:
            "Sent at least once to NOTIFY_URL and, for an install or a connect link, to its `callbackUrl`. Verify the signature on the raw body, answer first and process later.",
          security: [],
          parameters: headersOf(messageId({ type, subjectId, generation: 1 })),
          requestBody: {
            required: true,
            content: {
              "application/json": {
                schema: {
                  type: "object" as const,
                  required: ["type", "timestamp", "data"],
                  properties: {
                    type: { const: type },
                    timestamp: {
                      type: "string" as const,
                      format: "date-time",
                      description: "When it happened.",
                    },
                    data: { $ref: `#/components/schemas/${component}` },
                  },
                },
              },
            },
          },
          responses: {
            "2XX": { description: "It is delivered. The answer must come within 20 seconds." },
            410: { description: "This address wants no more notifications." },
            default: { description: "A failure, a redirect too: it is sent again, ten times in all." },
          },
        },
      },
    ];
  }),
);
