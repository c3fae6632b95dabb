import { batchAnswers } from "./batches.ts";
import { connectLinkAnswers } from "./connect-links.ts";
import { eventAnswers } from "./events.ts";
import { installAnswers } from "./installs.ts";
import { notificationAnswers } from "./notifications.ts";
import { serviceAnswers } from "./service.ts";
import { workspaceAnswers } from "./workspaces.ts";

/** A real answer for each operation and good status with a body of JSON. */
export const answerExamples: Readonly<Record<string, unknown>> = {
  ...installAnswers,
  ...batchAnswers,
  ...workspaceAnswers,
  ...eventAnswers,
  ...connectLinkAnswers,
  ...notificationAnswers,
  ...serviceAnswers,
};
