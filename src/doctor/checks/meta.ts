import { createGraph } from "../../meta/graph.ts";
import { type Check, fail, ok, warn } from "../check.ts";
import { needSetting } from "../context.ts";

/** Asked about in the place of a token. It is nobody's, and Meta's answer shows whether Meta took the app's word. */
const nobodysToken = "perch-doctor";

const fixApp =
  "Copy META_APP_ID and META_APP_SECRET from the same app at Meta: App settings, Basic. A new secret ends the old one.";

/**
 * Whether Meta accepts the app of `META_APP_ID` with its secret: without it no signup code is exchanged, and no token can be
 * looked at. The secret is sent in a header only.
 */
export const metaAppCheck: Check = {
  id: "meta_app",
  run: async (context) => {
    const [appId, appSecret] = [
      needSetting(context, "META_APP_ID"),
      needSetting(context, "META_APP_SECRET"),
    ] as const;
    const graphUrl = needSetting(context, "META_GRAPH_URL");
    const graph = createGraph({
      graphUrl,
      app: { appId, appSecret },
      requestTimeoutMs: context.requestTimeoutMs,
    });
    try {
      const answer = await graph.inspectToken?.(nobodysToken);
      switch (answer?.kind) {
        case "token_refused":
          return fail("Meta does not accept META_APP_ID with META_APP_SECRET.", fixApp);
        case "refused":
        case "denied":
          // Code 100 is about what was asked; it comes after the app was accepted.
          if (answer.metaCode === 100) break;
          return fail(`Meta refuses META_APP_ID with META_APP_SECRET (code ${answer.metaCode}).`, fixApp);
        case "limited":
          return warn(
            "Meta limits the requests of META_APP_ID at the moment, so the secret was not checked.",
            "Run perch doctor again later; META_READS_PER_SECOND bounds what Perch itself asks.",
          );
        case "unavailable":
          return fail(
            `META_GRAPH_URL gives no usable answer (${answer.reason}).`,
            "Check META_GRAPH_URL (https://graph.facebook.com and a version unless set), Meta's status page, and that this machine may connect out.",
          );
      }
      return ok("Meta accepts META_APP_ID with META_APP_SECRET.");
    } finally {
      graph.close();
    }
  },
};
