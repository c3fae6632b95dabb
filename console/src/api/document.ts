// Made from the API's document by npm run docs; do not edit.
export interface paths {
    "/v1/installs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List installs
         * @description Newest first. An install must match all filters. A page may hold fewer items than `limit` and still have a `nextCursor`.
         */
        get: operations["listInstalls"];
        put?: never;
        /**
         * Install a number
         * @description Queues an install and answers 202 at once.
         *
         *     While the number has a current install in its workspace (one that has not ended, or is completed and not uninstalled),
         *     that install is returned with 200; `reinstall: true` makes a new one for a completed number. Another `phoneNumber`
         *     or `wabaId` under the `phoneId` of a current install is refused with 409 `number_mismatch`. With an
         *     `Idempotency-Key` a repeat of the same body returns the first request's install, also if that has failed: then the header
         *     `Perch-Install-Status` says so, and `POST /v1/installs/{id}/retry` starts it again.
         *
         *     A `signupCode` is exchanged for its token before anything is queued, once for an `Idempotency-Key`: send one, so that
         *     a repeat does not spend the code a second time.
         */
        post: operations["createInstall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/installs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an install
         * @description The install and its timeline. With `wait` the answer is sent once the install has ended, or when the time is up.
         */
        get: operations["getInstall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/installs/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow an install as server-sent events
         * @description Sends `install` with the present state and when the install or its timeline has changed, at most a second later, and
         *     `ended` when it has ended; then the stream ends. The data of each event is the install with its timeline as JSON, so a
         *     client that reconnects needs no `Last-Event-ID`. All streams of an install share one look at it.
         */
        get: operations["followInstall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/installs/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a failed or cancelled install
         * @description The body replaces members of its request; without a body the request is unchanged. Nothing is created twice: Perch looks for an existing connector and adopts it.
         */
        post: operations["retryInstall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/installs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel an install
         * @description Ends an install that has not ended. A run in progress carries it out. `cancellation` says what was undone and what could not be.
         */
        post: operations["cancelInstall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/installs/{id}/test-message": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a message through a completed install's channel
         * @description Each call sends a message. A text reaches only people who wrote to the number in the last 24 hours; a template reaches any number.
         */
        post: operations["sendTestMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/installs/{id}/connector": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete an install's connector at Bird
         * @description Ends the channel's messaging and frees the number for a new install. Repeating it is safe.
         */
        delete: operations["uninstall"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/installs/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry failed and cancelled installs by a filter
         * @description A call looks at some installs and acts on 1,000 at most, newest first; while `isComplete` is false, the same body with `cursor` set to `nextCursor` goes on. Repeating it is safe.
         */
        post: operations["retryInstalls"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/installs/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel installs by a filter
         * @description Ends installs that have not ended, as cancelling each of them does. A call looks at some installs and acts on 1,000 at most, newest first; while `isComplete` is false, the same body with `cursor` set to `nextCursor` goes on. Repeating it is safe.
         */
        post: operations["cancelInstalls"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List batches
         * @description Newest first. A batch must match all filters. A filtered page reads 5,000 batches at most, so it may be empty and still have a `nextCursor`.
         */
        get: operations["listBatches"];
        put?: never;
        /**
         * Install the numbers of a file
         * @description Reads a file of any length as a stream and answers once each of its rows is enqueued or rejected. The batch is
         *     visible from its first rows on. A row that is not a valid install request is rejected and stops nothing: see the results.
         *
         *     An upload that is cut off leaves its batch open for an hour: the same file again, with the same `name`, `canary` and
         *     `haltAt`, continues it. A file sent again after it was read completely is a new batch, whose rows are attached to the
         *     existing installs.
         */
        post: operations["createBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a batch
         * @description Its counts, also while its file is being read, its failures by code, its rejected rows by fault, its latest failed rows and its recent pace.
         */
        get: operations["getBatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a batch
         * @description Sends no more of its installs to Bird; those already sent continue. Repeating it is safe.
         */
        post: operations["pauseBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a batch
         * @description Continues, also with the rows that wait for a canary. For a batch that halted by itself the failure rate is measured from zero again. Repeating it is safe.
         */
        post: operations["resumeBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a batch
         * @description Ends its installs that have no connector yet; the others continue to their end. A file that is being read is not read further.
         */
        post: operations["cancelBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry failed and cancelled rows of a batch
         * @description All of them, or those with an error code or a row number. The answer is sent once all are started. Repeating it is safe: rows that were started again are not matched any more.
         */
        post: operations["retryBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the rows of a batch
         * @description In input order, as they are now; also while the batch runs. A row must match all filters.
         *
         *     Rows are found by status, code and fault without reading the others. With `q` a page reads 2,000 rows at most, so it
         *     may be empty and still have a `nextCursor`; a whole number or id is looked up, and then only rows that are rejected or
         *     attached to another install are read. `GET /v1/batches/{id}/results` is the whole file.
         */
        get: operations["listBatchRows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download the result of every row
         * @description One row an input row, in input order, as it is now; also while the batch runs.
         *
         *     Its columns are those of a results file: `row`, `status`, `installId`, `connectorId`, `channelId`, `errorCode`,
         *     `errorMessage`, `action`, `birdMessage`, `line` (of the file), then those of the input without its secrets. The
         *     failed rows, with a token column added, can be uploaded again, also after a spreadsheet has opened and saved the CSV:
         *     it begins with a byte order mark, has the separator of the uploaded file, and an apostrophe guards ids and numbers.
         */
        get: operations["getBatchResults"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a batch as server-sent events
         * @description Sends `progress` with the present state and when the batch has changed, at most a second later, and `finished` when it
         *     has ended; then the stream ends. The data of each event is the whole batch as JSON with its failures by code, so a client that reconnects needs no
         *     `Last-Event-ID`. All streams of a batch share one look at it.
         */
        get: operations["followBatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workspaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List workspaces
         * @description By their ids: every workspace that has had an install or was given an access key, or those that the key is for.
         */
        get: operations["listWorkspaces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workspaces/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a workspace
         * @description Whether its installs are held, why and until when; and whether Bird sends Perch its channel events.
         */
        get: operations["getWorkspace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workspaces/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lift a workspace's hold
         * @description Its installs run now. For use after the access key is fixed or the limit at Bird is raised.
         */
        post: operations["resumeWorkspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workspaces/{id}/prepare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make sure that Bird sends a workspace's events
         * @description Creates the subscription to channel.created unless there is one. With `rotate` it makes a new one with the present signing key, then deletes the old one.
         */
        post: operations["prepareWorkspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workspaces/{id}/access-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Store a workspace's own access key
         * @description Sealed; Bird is called with it for this workspace within five seconds. Installs that are held because the former key was refused run now.
         */
        put: operations["storeAccessKey"];
        post?: never;
        /**
         * Remove a workspace's own access key
         * @description Bird is called with BIRD_ACCESS_KEY again.
         */
        delete: operations["removeAccessKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List events that completed no install
         * @description What came to the webhook service and completed no install, the latest first. `unmatched`: events that match no install (yet);
         *     `conflict`: those that complete nothing, whatever comes; `unreadable`: signed events that Perch cannot use; `refused`: requests that
         *     were answered with an error, by reason, which are counted and not kept. The webhook service writes that count every five seconds: one
         *     that is killed loses the last five. A page may hold fewer items than asked for and still go on. `unreadable` and `refused` are for keys
         *     of all workspaces.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/unreadable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List signed events that Perch cannot use
         * @description Newest first: events of another kind or form, and those that name only a channel whose connector Bird did not return.
         */
        get: operations["listUnreadableEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/unmatched": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List channel events that matched no install
         * @description Newest first. Their connector was made outside of Perch, or its install is not kept any more.
         */
        get: operations["listUnmatchedEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List outgoing webhooks
         * @description Newest first. `status=failed` lists the dead letters. A filtered page reads 5,000 at most, so it may be empty and still have a `nextCursor`.
         */
        get: operations["listNotifications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notifications/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an outgoing webhook
         * @description With its latest requests: when, how long, and how the receiver answered.
         */
        get: operations["getNotification"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notifications/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a notification again
         * @description For one that was delivered or given up; one that waits for its next request is sent now. It keeps its `webhook-id`; a URL that had answered 410 gets requests again.
         */
        post: operations["resendNotification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/connect-links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List connect links
         * @description Newest first. A page filtered by status reads 2,000 at most, so it may be empty and still have a `nextCursor`.
         */
        get: operations["listConnectLinks"];
        put?: never;
        /**
         * Make a link for a customer
         * @description Makes a link for one customer. On its page the customer goes through Meta's embedded signup, and what comes of it is
         *     installed with the members sent here. The `url` is shown once: its secret is not stored. It is in the fragment, which a browser
         *     sends to no server, so it is in no log. Two calls make two links, which harms nothing: an install is made when one is used, and one
         *     number has one current install.
         */
        post: operations["createConnectLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/connect-links/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a connect link
         * @description Its status follows from the clock and, once its signup is finished, from its install.
         */
        get: operations["getConnectLink"];
        put?: never;
        post?: never;
        /**
         * Revoke a connect link
         * @description It stops working at once and stays listed. A link whose install exists, and an expired one, are refused with 409.
         */
        delete: operations["revokeConnectLink"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notifications/receivers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List receivers of notifications
         * @description Each URL with how its notifications ended, those with the most dead letters first. Counted over the newest 2,000 notifications and the newest 2,000 dead letters that are kept: `isComplete` says whether that is all.
         */
        get: operations["listNotificationReceivers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notifications/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send the dead letters of a receiver again
         * @description A call sends 1,000 at most, the latest given up first; while `isComplete` is false, the same body with `cursor` set to `nextCursor` goes on. Each keeps its `webhook-id`. A key for some workspaces sends those to the `callbackUrl` of its installs.
         */
        post: operations["resendNotifications"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notifications/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test event to a receiver
         * @description Sends an event of the type `perch.test` once, signed as every notification is and refused where they are, and answers how the receiver did. The URL must be `NOTIFY_URL` or that of one of the newest 2,000 notifications; for a key for some workspaces, the `callbackUrl` of an install there.
         */
        post: operations["sendTestEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check everything an install needs
         * @description The checks of `perch doctor`, with the settings of this API process, for up to five of the newest workspaces. They run at most
         *     once at a time in a process, each for up to ten seconds, and a report is returned again for ten seconds. They change nothing
         *     and are in no counter.
         */
        get: operations["runDoctor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is signed in
         * @description The caller, what it may do, and which Perch it talks to. Works while Redis is away.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Sign in with an API key
         * @description For browsers: sets a cookie that has the rights of the key for 12 hours. Programs send the key with every request instead. After ten wrong keys of an address within a minute further wrong ones are 429. Without API_KEYS the answer sets no cookie, because none is needed.
         */
        post: operations["signIn"];
        /**
         * Sign out
         * @description Ends the session, in other API processes within five seconds, and deletes its cookie in the browser.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get figures of the fleet, now and by the hour
         * @description What is in hand now, and what happened in each of the last hours, by Redis's clock. `created` and `kept` are exact, of what Redis
         *     keeps. The other figures of an hour are counted by the processes, which write them to Redis every five seconds: a process that is
         *     killed loses the last five, and hours before the update to a version that counts have none. They are kept for eight days. What is
         *     now is read at most once a second in a process, and an hour that is over once a minute, however many ask.
         */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stats/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow the figures of the fleet as server-sent events
         * @description Sends `stats` at once and every two seconds. The data of each event are those of `GET /v1/stats`, so a client that
         *     reconnects needs no `Last-Event-ID`. The stream ends with the session or the process alone. All streams of as many hours
         *     share one look at the figures.
         */
        get: operations["followStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AccessKeyChange: {
            workspaceId: string;
            /**
             * @description none: there was none to remove.
             * @enum {string}
             */
            accessKey: "stored" | "removed" | "none";
            /** @description Installs that run now; absent unless the workspace was held because Bird refused its key. */
            woken?: number;
        };
        /** @description The installs of one file or upload. Every accepted or attached row is one of queued, awaiting, completed, failed and cancelled. */
        Batch: {
            id: string;
            name: string;
            /** @description Name of the API key it was sent with. */
            requestedBy?: string;
            /**
             * @description `importing` while its file is read. `finished` and `cancelled` are ends; a retry of its rows opens it again.
             * @enum {string}
             */
            status: "importing" | "running" | "paused" | "finished" | "cancelled";
            /** @description Rows read. Each is one of accepted, attached and rejected. */
            rows: number;
            /** @description Rows that became a new install. */
            accepted: number;
            /** @description Rows attached to an install the number had already. */
            attached: number;
            /** @description Rows that are not a valid install request: see the results. */
            rejected: number;
            /** @description Installs that wait for their connector. */
            queued: number;
            /** @description Installs that have their connector and wait for their channel. */
            awaiting: number;
            /** @description Installs that are completed. */
            completed: number;
            /** @description Installs that failed. */
            failed: number;
            /** @description Installs that were cancelled. */
            cancelled: number;
            /** @description When its first rows were recorded. ISO 8601, UTC. */
            createdAt: string;
            /** @description When the last of its installs ended. */
            finishedAt?: string;
            /** @description Time left at the pace of the last minute, ms. */
            etaMs?: number;
            /** @description Installs that ended per second, over the last minute. */
            ratePerSecond?: number;
            /** @description Why it paused by itself. */
            pauseReason?: string;
            /** @description Number of installs that run first, until they have ended; absent once they have. */
            canary?: number;
            /** @description It pauses by itself when more of its ended installs than this have failed, percent. */
            haltAt?: number;
            /** @description Share of its ended installs that have failed, since it was last resumed: what `haltAt` bounds. */
            failedPercent?: number;
            /** @description The latest decision on it, and the API key it was made with. */
            lastDecision?: {
                /** @enum {string} */
                decision: "pause" | "resume" | "cancel" | "retry";
                at: string;
                requestedBy?: string;
            };
            /** @description True when its file was not read to its end: later rows are not in it. */
            isCutOff?: boolean;
        };
        BatchPage: {
            readonly items: components["schemas"]["Batch"][];
            /** @description Where the next page begins; absent on the last. A page may have fewer items than requested although there are more. */
            nextCursor?: string;
        };
        BatchRetry: {
            /** @description Installs that fit the filter. */
            matched: number;
            /** @description Installs that were started again; none in a dry run. */
            retried: number;
            /** @description Why others were not; the first twenty. */
            readonly refused: {
                row: number;
                message: string;
            }[];
        };
        /** @description A row of a batch and its result. */
        BatchRow: {
            /** @description From 1, the first after the header. */
            row: number;
            /** @description Line of the input file on which the row begins. */
            line?: number;
            /** @enum {string} */
            status: "completed" | "failed" | "rejected" | "cancelled" | "pending";
            /**
             * @description Status of its install.
             * @enum {string}
             */
            installStatus?: "queued" | "submitting" | "awaiting_channel" | "retrying" | "held" | "completed" | "failed" | "cancelled";
            /** @description True: it joined an install the number had. */
            isAttached?: boolean;
            name?: string;
            /** @description E.164; of a rejected row as it was written. */
            phoneNumber?: string;
            workspaceId?: string;
            installId?: string;
            connectorId?: string;
            channelId?: string;
            /** @enum {string} */
            errorCode?: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
            errorMessage?: string;
            /**
             * @description Who has to act about the error.
             * @enum {string}
             */
            actor?: "us" | "operator" | "customer" | "bird";
            /** @description What to do next. */
            action?: string;
            /** @description What Bird said, in its own words. */
            birdMessage?: string;
            /** @description When its install last changed. ISO 8601, UTC. */
            updatedAt?: string;
        };
        BatchRowPage: {
            readonly items: components["schemas"]["BatchRow"][];
            /** @description Where the next page begins; absent on the last. A page may have fewer items than requested although there are more. */
            nextCursor?: string;
        };
        BatchWithFailures: {
            id: string;
            name: string;
            /** @description Name of the API key it was sent with. */
            requestedBy?: string;
            /**
             * @description `importing` while its file is read. `finished` and `cancelled` are ends; a retry of its rows opens it again.
             * @enum {string}
             */
            status: "importing" | "running" | "paused" | "finished" | "cancelled";
            /** @description Rows read. Each is one of accepted, attached and rejected. */
            rows: number;
            /** @description Rows that became a new install. */
            accepted: number;
            /** @description Rows attached to an install the number had already. */
            attached: number;
            /** @description Rows that are not a valid install request: see the results. */
            rejected: number;
            /** @description Installs that wait for their connector. */
            queued: number;
            /** @description Installs that have their connector and wait for their channel. */
            awaiting: number;
            /** @description Installs that are completed. */
            completed: number;
            /** @description Installs that failed. */
            failed: number;
            /** @description Installs that were cancelled. */
            cancelled: number;
            /** @description When its first rows were recorded. ISO 8601, UTC. */
            createdAt: string;
            /** @description When the last of its installs ended. */
            finishedAt?: string;
            /** @description Time left at the pace of the last minute, ms. */
            etaMs?: number;
            /** @description Installs that ended per second, over the last minute. */
            ratePerSecond?: number;
            /** @description Why it paused by itself. */
            pauseReason?: string;
            /** @description Number of installs that run first, until they have ended; absent once they have. */
            canary?: number;
            /** @description It pauses by itself when more of its ended installs than this have failed, percent. */
            haltAt?: number;
            /** @description Share of its ended installs that have failed, since it was last resumed: what `haltAt` bounds. */
            failedPercent?: number;
            /** @description The latest decision on it, and the API key it was made with. */
            lastDecision?: {
                /** @enum {string} */
                decision: "pause" | "resume" | "cancel" | "retry";
                at: string;
                requestedBy?: string;
            };
            /** @description True when its file was not read to its end: later rows are not in it. */
            isCutOff?: boolean;
            /** @description Failed rows by error code, the most frequent first. Rows whose install was no longer kept when its end was read have no code: they are in `failed` alone. */
            readonly failuresByCode: {
                /** @enum {string} */
                code: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
                /** @description Rows that failed with it; exact. */
                count: number;
                /**
                 * @description Who has to act: us, operator, customer or bird.
                 * @enum {string}
                 */
                actor: "us" | "operator" | "customer" | "bird";
                /** @description What that party does next. */
                action: string;
                /** @description The first of the rows, two at most. */
                readonly rows: number[];
                /** @description What Bird said about one of them. */
                birdMessage?: string;
                /** @description Those of `rows` that still have failed. */
                readonly examples: {
                    row: number;
                    /** @description Line of the input file on which the row begins. */
                    line?: number;
                    installId: string;
                    /** @enum {string} */
                    errorCode?: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
                    errorMessage: string;
                    /** @description What to do next. */
                    action?: string;
                    /** @description HTTP status of Bird's answer. */
                    birdStatus?: number;
                    /** @description Bird's own error code. */
                    birdCode?: string;
                    /** @description Bird's own sentence: 500 characters at most, tokens and numbers taken out. */
                    birdMessage?: string;
                    /** @description Paths of the members of Perch's request that Bird names. */
                    birdDetails?: string[];
                    /** @description Bird's id of the request, for its support. */
                    birdRequestId?: string;
                }[];
            }[];
            /** @description Rejected rows by what is wrong with them, the most frequent first. Empty for batches of older versions. */
            readonly rejectsByFault: {
                /** @description Its number in this batch: `GET /v1/batches/{id}/rows?fault=` lists its rows. */
                fault: number;
                /** @enum {string} */
                code: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
                /** @description JSON Pointer to the column, "" for the whole row; absent: many faults of which a batch keeps one count. */
                path?: string;
                message?: string;
                /** @description Rows that have it. A row with several faults is counted under each; exact. */
                count: number;
                /** @description The first of the rows, two at most. */
                readonly rows: number[];
            }[];
            /** @description Latest rows that failed and still are failed, newest first; twenty at most. */
            readonly recentFailures: {
                row: number;
                /** @description Line of the input file on which the row begins. */
                line?: number;
                installId: string;
                /** @enum {string} */
                errorCode?: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
                errorMessage: string;
                /** @description What to do next. */
                action?: string;
                /** @description HTTP status of Bird's answer. */
                birdStatus?: number;
                /** @description Bird's own error code. */
                birdCode?: string;
                /** @description Bird's own sentence: 500 characters at most, tokens and numbers taken out. */
                birdMessage?: string;
                /** @description Paths of the members of Perch's request that Bird names. */
                birdDetails?: string[];
                /** @description Bird's id of the request, for its support. */
                birdRequestId?: string;
            }[];
            /** @description Installs that had ended at some moments of the last minute it ran, oldest first. */
            readonly samples: {
                at: string;
                /** @description Installs that had ended by then. */
                ended: number;
                /** @description How many of them had failed; absent, as `cancelled`, in samples of earlier versions. */
                failed?: number;
                /** @description How many of them had been cancelled. */
                cancelled?: number;
            }[];
        };
        CodeCount: {
            /** @enum {string} */
            code: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
            /** @description Ends with this code. */
            count: number;
        };
        /** @description A link on which a customer connects a number, and how far it is. */
        ConnectLink: {
            id: string;
            /**
             * @description `cancelled_by_customer`, and `failed` without an `installId`, may be opened again until `expiresAt`.
             * @enum {string}
             */
            status: "open" | "opened" | "signing_up" | "connected" | "cancelled_by_customer" | "failed" | "expired" | "revoked";
            workspaceId: string;
            name: string;
            mbPhoneId?: string;
            metadata?: {
                [key: string]: string;
            };
            callbackUrl?: string;
            redirectUrl?: string;
            /** @description Name of the API key that made it. */
            requestedBy?: string;
            /** @description The install that the finished signup became; its status is the progress. */
            installId?: string;
            /** @description Of a cancelled one: the screen of Meta's window the customer left at. */
            step?: string;
            /** @description Of a failed one: why; that of its install where there is one. */
            error?: {
                code: string;
                message: string;
            };
            /** @description Meta's id of an error its window reported. */
            metaErrorId?: string;
            /** @description What Meta's window finished with: `FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING` is a number that stays in the WhatsApp Business app, too. */
            signupEvent?: string;
            /** @description When it was made. ISO 8601, UTC. */
            createdAt: string;
            /** @description When it stops working. ISO 8601, UTC. */
            expiresAt: string;
            /** @description When a customer first opened it. ISO 8601, UTC. */
            openedAt?: string;
            /** @description When it last changed. ISO 8601, UTC. */
            updatedAt: string;
        };
        ConnectLinkPage: {
            readonly items: components["schemas"]["ConnectLink"][];
            /** @description Where the next page begins; absent on the last. A page may have fewer items than requested although there are more. */
            nextCursor?: string;
        };
        /** @description The form of a file, as far as it was read. */
        DetectedFile: {
            /** @enum {string} */
            format: "csv" | "ndjson" | "xlsx";
            /**
             * @description What its text was read as.
             * @enum {string}
             */
            encoding?: "utf-8" | "windows-1252" | "utf-16le" | "utf-16be";
            /** @description What separates the cells of CSV. */
            delimiter?: string;
            /** @description The sheet of a workbook that is read. */
            sheet?: string;
            /** @description Sheets of a workbook, in the order of their tabs. */
            sheets?: {
                name: string;
                isHidden: boolean;
            }[];
            /** @description Columns of the header. */
            columns?: {
                /** @description From 1. */
                column: number;
                /** @description What the file calls it; absent where the first line has something else than a name. */
                name?: string;
                /** @description The member of an install request it holds; absent for an unknown column. */
                member?: string;
                /**
                 * @description A column of a results file, which is skipped.
                 * @constant
                 */
                isIgnored?: true;
                /** @description Members an unknown column may hold, the most likely first. */
                suggestions?: string[];
            }[];
            /** @description What else to know: columns that are filled, sheets that are not read. */
            notes?: string[];
        };
        DoctorReport: {
            /** @description Whether no check fails; some may warn. */
            ok: boolean;
            /** @description When the checks ran. ISO 8601, UTC. */
            ranAt: string;
            /** @description What fails first, then what warns. */
            readonly checks: components["schemas"]["Finding"][];
        };
        /** @description What an upload would do. Nothing is enqueued. */
        DryRun: {
            /** @description All issues of every rejected row, in row order. */
            errors: {
                row: number;
                /** @description Line of the file on which the row begins. */
                line?: number;
                errors: {
                    /** @description JSON Pointer (RFC 6901) to the member, "" for the whole row. */
                    path: string;
                    message: string;
                }[];
                /** @description What was read of the row, as text, without secrets. */
                input: {
                    [key: string]: string;
                };
            }[];
            /** @description With `checkMeta`: what Meta shows that ends no install yet, in row order. */
            warnings?: {
                row: number;
                /** @description Line of the file on which the row begins. */
                line?: number;
                warnings: {
                    /** @description JSON Pointer (RFC 6901) to the member, "" for the whole row. */
                    path: string;
                    message: string;
                }[];
            }[];
            /** @description With `checkMeta`: of the rows that would be new. */
            meta?: {
                /** @description Rows Meta answered for. */
                checked: number;
                /** @description Rows for which Meta shows an error; they are among the rejected ones. */
                found: number;
                /** @description Rows for which Meta shows a warning. */
                warned: number;
                /** @description Rows for which Meta gave no answer. */
                unchecked: number;
                /** @description Why, for the last of these. */
                reason?: string;
            };
            /** @description Rows read. */
            rows: number;
            /** @description Rows that are a valid install request: the next four together. */
            valid: number;
            /** @description Rows that would become a new install. */
            created: number;
            /** @description Rows that would be attached to a current install of the number, or repeat an earlier row of the file. */
            attached: number;
            /** @description Rows whose number is installed already: would be attached to that install. */
            installed: number;
            /** @description Rows that would become a new install and wait while their workspace is held as unauthorized. */
            blocked: number;
            /** @description Rows to correct. */
            rejected: number;
            /** @description Estimated time until the new installs have ended, ms. */
            finishMs: number;
            /**
             * @description `pace`: at the pace of the last minute. `budget`: no install ended in the last minute, so only the POST budgets are counted; it may take longer.
             * @enum {string}
             */
            finishBasis: "pace" | "budget";
            file: components["schemas"]["DetectedFile"];
            /** @description Why the file could not be read further; the rows before that are validated. */
            fault?: string;
        };
        EventPage: {
            readonly items: (components["schemas"]["KeptEvent"] | components["schemas"]["UnreadableEventShape"] | components["schemas"]["RefusedEvents"])[];
            /** @description Where the next page begins; absent on the last. A page may have fewer items than requested although there are more. */
            nextCursor?: string;
        };
        Finding: {
            /** @description The check; one about a workspace, a setting or a server of a cluster ends in `:` and its id or name. */
            id: string;
            /**
             * @description skipped: something the check depends on is missing; the summary names it.
             * @enum {string}
             */
            status: "ok" | "warn" | "fail" | "skipped";
            /** @description A sentence. Never a secret; of settings only the names. */
            summary: string;
            /** @description What to do; with warn and fail. */
            fix?: string;
        };
        Health: {
            /** @constant */
            status: "ok";
        };
        Hold: {
            /**
             * @description Bird asked to slow down, or refuses the access key.
             * @enum {string}
             */
            reason: "rate_limited" | "unauthorized";
            /** @description When it ends by itself. ISO 8601, UTC. */
            until: string;
            /** @description Since when it stands; absent where that is not known. */
            since?: string;
        };
        /** @description One phone number into one Bird workspace: the request without its secrets, and its progress. */
        Install: {
            id: string;
            /**
             * @description `completed`, `failed` and `cancelled` are ends; a late event may still heal a failed install.
             * @enum {string}
             */
            status: "queued" | "submitting" | "awaiting_channel" | "retrying" | "held" | "completed" | "failed" | "cancelled";
            workspaceId: string;
            name: string;
            wabaId: string;
            phoneId: string;
            /** @description E.164. */
            phoneNumber: string;
            mbPhoneId?: string;
            channelConversationalStatusEnabled?: boolean;
            /** @enum {string} */
            priority?: "interactive" | "bulk";
            metadata?: {
                [key: string]: string;
            };
            callbackUrl?: string;
            channelWebhooks?: {
                url: string;
                events: ("whatsapp.inbound" | "whatsapp.outbound" | "whatsapp.interaction")[];
                /** @enum {string} */
                status?: "waiting" | "subscribed" | "failed";
                error?: string;
            };
            /** @description Name of the API key that requested it. Absent for installs from before this was stored. */
            requestedBy?: string;
            /** @description The connect link its customer used. */
            connectLinkId?: string;
            batchId?: string;
            /** @description Row of the batch, from 1. */
            row?: number;
            connectorId?: string;
            channelId?: string;
            /** @description Bird's text. */
            channelStatus?: string;
            /** @description Creates at Bird whose outcome is known. */
            attempts: number;
            /**
             * @description Whether Bird's event or a poll by Perch found the channel.
             * @enum {string}
             */
            completedBy?: "webhook" | "poll";
            error?: components["schemas"]["InstallError"];
            /** @description When it was enqueued. ISO 8601, UTC. */
            createdAt: string;
            /** @description When it last changed. ISO 8601, UTC. */
            updatedAt: string;
            /** @description When it was completed. ISO 8601, UTC. */
            completedAt?: string;
            /** @description When something happens next by itself. ISO 8601, UTC. */
            nextActionAt?: string;
            /** @description Present once it was cancelled: what was undone and what could not be. */
            cancellation?: {
                requestedAt: string;
                readonly undone: string[];
                readonly notUndone: string[];
            };
            /** @description When its connector was deleted at Bird. ISO 8601, UTC. */
            uninstalledAt?: string;
        };
        /** @description Why an install failed, who has to act and how. */
        InstallError: {
            /**
             * @description One of a closed list: branch on it, never on texts.
             * @enum {string}
             */
            code: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
            message: string;
            /**
             * @description Who has to act: us (the team that runs Perch or sends it requests), operator (of the Bird workspace), customer or bird.
             * @enum {string}
             */
            actor: "us" | "operator" | "customer" | "bird";
            /** @description What that party does next. */
            action: string;
            /** @description Whether a retry may succeed once that is done. */
            retryable: boolean;
            /** @description HTTP status of Bird's answer. */
            birdStatus?: number;
            /** @description Bird's own error code. */
            birdCode?: string;
            /** @description Bird's own sentence: 500 characters at most, tokens and numbers taken out. */
            birdMessage?: string;
            /** @description Paths of the members of Perch's request that Bird names. */
            birdDetails?: string[];
            /** @description Bird's id of the request, for its support. */
            birdRequestId?: string;
        };
        InstallPage: {
            readonly items: components["schemas"]["Install"][];
            /** @description Where the next page begins; absent on the last. A page may have fewer items than requested although there are more. */
            nextCursor?: string;
        };
        /** @description One phone number into one Bird workspace, with an access token or a signup code. */
        InstallRequest: components["schemas"]["InstallRequestWithToken"] | components["schemas"]["InstallRequestWithCode"];
        /** @description With the single-use code of the embedded signup, which is exchanged at Meta. */
        InstallRequestWithCode: {
            /**
             * Format: uuid
             * @description Bird workspace the number is installed into.
             */
            workspaceId: string;
            /** @description Name of the connector in Bird. */
            name: string;
            /** @description Meta's WhatsApp Business Account id, digits. */
            wabaId: string;
            /** @description Meta's phone number id, digits. */
            phoneId: string;
            /** @description Phone number with its country code, in any usual writing; kept as E.164. */
            phoneNumber: string;
            /**
             * Format: uuid
             * @description Bird's id of a number bought at Bird; omit it for your own number.
             */
            mbPhoneId?: string;
            /** @description Invitation token; never shown again. */
            invitationToken?: string;
            /** @description Passed on to Bird. */
            channelConversationalStatusEnabled?: boolean;
            /** @description Install again although the number is completed in this workspace. */
            reinstall?: boolean;
            /**
             * @description interactive runs before bulk. Default: interactive for single requests, bulk for batches.
             * @enum {string}
             */
            priority?: "interactive" | "bulk";
            /** @description Texts of your own, returned untouched; at most 2048 bytes as JSON. */
            metadata?: {
                [key: string]: string;
            };
            /** @description Address to notify of this install's outcome, in addition to NOTIFY_URL. https. */
            callbackUrl?: string;
            channelWebhooks?: {
                url: string;
                /**
                 * @default [
                 *       "whatsapp.inbound",
                 *       "whatsapp.outbound",
                 *       "whatsapp.interaction"
                 *     ]
                 */
                events?: ("whatsapp.inbound" | "whatsapp.outbound" | "whatsapp.interaction")[];
                /** @description Key Bird signs these webhooks with; never shown again. */
                signingKey: string;
            };
            /** @description Single-use code of Meta's embedded signup, instead of accessToken: exchanged at once and not stored. */
            signupCode: string;
        };
        /** @description With the long-lived token. */
        InstallRequestWithToken: {
            /**
             * Format: uuid
             * @description Bird workspace the number is installed into.
             */
            workspaceId: string;
            /** @description Name of the connector in Bird. */
            name: string;
            /** @description Meta's WhatsApp Business Account id, digits. */
            wabaId: string;
            /** @description Meta's phone number id, digits. */
            phoneId: string;
            /** @description Phone number with its country code, in any usual writing; kept as E.164. */
            phoneNumber: string;
            /**
             * Format: uuid
             * @description Bird's id of a number bought at Bird; omit it for your own number.
             */
            mbPhoneId?: string;
            /** @description Long-lived token of Meta's embedded signup; never shown again. */
            accessToken: string;
            /** @description Invitation token; never shown again. */
            invitationToken?: string;
            /** @description Passed on to Bird. */
            channelConversationalStatusEnabled?: boolean;
            /** @description Install again although the number is completed in this workspace. */
            reinstall?: boolean;
            /**
             * @description interactive runs before bulk. Default: interactive for single requests, bulk for batches.
             * @enum {string}
             */
            priority?: "interactive" | "bulk";
            /** @description Texts of your own, returned untouched; at most 2048 bytes as JSON. */
            metadata?: {
                [key: string]: string;
            };
            /** @description Address to notify of this install's outcome, in addition to NOTIFY_URL. https. */
            callbackUrl?: string;
            channelWebhooks?: {
                url: string;
                /**
                 * @default [
                 *       "whatsapp.inbound",
                 *       "whatsapp.outbound",
                 *       "whatsapp.interaction"
                 *     ]
                 */
                events?: ("whatsapp.inbound" | "whatsapp.outbound" | "whatsapp.interaction")[];
                /** @description Key Bird signs these webhooks with; never shown again. */
                signingKey: string;
            };
        };
        InstallWithTimeline: {
            id: string;
            /**
             * @description `completed`, `failed` and `cancelled` are ends; a late event may still heal a failed install.
             * @enum {string}
             */
            status: "queued" | "submitting" | "awaiting_channel" | "retrying" | "held" | "completed" | "failed" | "cancelled";
            workspaceId: string;
            name: string;
            wabaId: string;
            phoneId: string;
            /** @description E.164. */
            phoneNumber: string;
            mbPhoneId?: string;
            channelConversationalStatusEnabled?: boolean;
            /** @enum {string} */
            priority?: "interactive" | "bulk";
            metadata?: {
                [key: string]: string;
            };
            callbackUrl?: string;
            channelWebhooks?: {
                url: string;
                events: ("whatsapp.inbound" | "whatsapp.outbound" | "whatsapp.interaction")[];
                /** @enum {string} */
                status?: "waiting" | "subscribed" | "failed";
                error?: string;
            };
            /** @description Name of the API key that requested it. Absent for installs from before this was stored. */
            requestedBy?: string;
            /** @description The connect link its customer used. */
            connectLinkId?: string;
            batchId?: string;
            /** @description Row of the batch, from 1. */
            row?: number;
            connectorId?: string;
            channelId?: string;
            /** @description Bird's text. */
            channelStatus?: string;
            /** @description Creates at Bird whose outcome is known. */
            attempts: number;
            /**
             * @description Whether Bird's event or a poll by Perch found the channel.
             * @enum {string}
             */
            completedBy?: "webhook" | "poll";
            error?: components["schemas"]["InstallError"];
            /** @description When it was enqueued. ISO 8601, UTC. */
            createdAt: string;
            /** @description When it last changed. ISO 8601, UTC. */
            updatedAt: string;
            /** @description When it was completed. ISO 8601, UTC. */
            completedAt?: string;
            /** @description When something happens next by itself. ISO 8601, UTC. */
            nextActionAt?: string;
            /** @description Present once it was cancelled: what was undone and what could not be. */
            cancellation?: {
                requestedAt: string;
                readonly undone: string[];
                readonly notUndone: string[];
            };
            /** @description When its connector was deleted at Bird. ISO 8601, UTC. */
            uninstalledAt?: string;
            /** @description What has happened to it, oldest first. */
            readonly timeline: ({
                at: string;
                what: string;
            } & {
                [key: string]: string | number;
            })[];
            /** @description Its trace, if it is traced; not in server-sent events. */
            traceId?: string;
        };
        InstallsCancel: {
            /** @description Installs that fit the filter, among those this call looked at. */
            matched: number;
            /** @description Why others were not acted on; the first twenty. */
            readonly refused: {
                installId: string;
                message: string;
            }[];
            /** @description Whether the call looked at all installs there are. */
            isComplete: boolean;
            /** @description Where the next call goes on, as `cursor` of its body; absent when it is complete. */
            nextCursor?: string;
            /** @description Installs that are to end; none in a dry run. */
            cancelled: number;
        };
        InstallsRetry: {
            /** @description Installs that fit the filter, among those this call looked at. */
            matched: number;
            /** @description Why others were not acted on; the first twenty. */
            readonly refused: {
                installId: string;
                message: string;
            }[];
            /** @description Whether the call looked at all installs there are. */
            isComplete: boolean;
            /** @description Where the next call goes on, as `cursor` of its body; absent when it is complete. */
            nextCursor?: string;
            /** @description Installs that were started again; none in a dry run. */
            retried: number;
        };
        KeptEvent: {
            /** @enum {string} */
            state: "unmatched" | "conflict";
            connectorId: string;
            channelId: string;
            channelStatus?: string;
            workspaceId?: string;
            /** @description The phone number as Bird wrote it. */
            identifier?: string;
            /**
             * @description named_workspace: it came to one workspace's address and names another; other_workspace: the connector is an install's of another workspace; not_held: its install has given the connector up; other_channel: a second event named another channel.
             * @enum {string}
             */
            conflict?: "named_workspace" | "other_workspace" | "not_held" | "other_channel";
            /** @description The channel that a second event named. */
            otherChannelId?: string;
            /** @description The workspace that the event names. */
            namedWorkspaceId?: string;
            /** @description The install that has or had the connector; for keys of all workspaces. */
            installId?: string;
            /** @description When it came. ISO 8601, UTC. */
            arrivedAt: string;
        };
        NewConnectLink: {
            id: string;
            /**
             * @description `cancelled_by_customer`, and `failed` without an `installId`, may be opened again until `expiresAt`.
             * @enum {string}
             */
            status: "open" | "opened" | "signing_up" | "connected" | "cancelled_by_customer" | "failed" | "expired" | "revoked";
            /** @description When it stops working. ISO 8601, UTC. */
            expiresAt: string;
            /** @description For the customer; shown once. */
            url: string;
        };
        /** @description An outgoing webhook. */
        Notification: {
            /** @description The `webhook-id` it is sent with. */
            id: string;
            /** @enum {string} */
            type: "install.completed" | "install.failed" | "install.cancelled" | "batch.finished" | "connect.completed" | "connect.cancelled";
            url: string;
            /**
             * @description `failed` are the dead letters: given up.
             * @enum {string}
             */
            status: "pending" | "delivered" | "failed";
            /** @description Id of the install or batch it is about. */
            subjectId: string;
            /** @description Workspace of the install it is about. */
            workspaceId?: string;
            attempts: number;
            createdAt: string;
            nextAttemptAt?: string;
            deliveredAt?: string;
            /** @description When the latest request ended; absent before the first, and of what earlier versions sent. */
            lastAttemptAt?: string;
            /** @description HTTP status of the latest answer. */
            lastStatus?: number;
            lastError?: string;
        };
        /** @description An outgoing webhook and its latest requests. */
        NotificationDetail: {
            /** @description The `webhook-id` it is sent with. */
            id: string;
            /** @enum {string} */
            type: "install.completed" | "install.failed" | "install.cancelled" | "batch.finished" | "connect.completed" | "connect.cancelled";
            url: string;
            /**
             * @description `failed` are the dead letters: given up.
             * @enum {string}
             */
            status: "pending" | "delivered" | "failed";
            /** @description Id of the install or batch it is about. */
            subjectId: string;
            /** @description Workspace of the install it is about. */
            workspaceId?: string;
            attempts: number;
            createdAt: string;
            nextAttemptAt?: string;
            deliveredAt?: string;
            /** @description When the latest request ended; absent before the first, and of what earlier versions sent. */
            lastAttemptAt?: string;
            /** @description HTTP status of the latest answer. */
            lastStatus?: number;
            lastError?: string;
            /** @description Its latest requests and how they ended, oldest first; twenty at most, and none from before versions that record them. Neither what was sent nor what was answered is kept. */
            readonly deliveries: {
                at: string;
                /** @description HTTP status; absent when the receiver did not answer. */
                status?: number;
                durationMs?: number;
                /** @description Why it was not delivered by it. */
                error?: string;
            }[];
        };
        NotificationPage: {
            readonly items: components["schemas"]["Notification"][];
            /** @description Where the next page begins; absent on the last. A page may have fewer items than requested although there are more. */
            nextCursor?: string;
        };
        NotificationReceiver: {
            url: string;
            /** @description Whether installs name it as their `callbackUrl`. A key for some workspaces may act on those only. */
            isCallback: boolean;
            /** @description Delivered ones among those counted. */
            delivered: number;
            /** @description Those that wait for their first request. */
            pending: number;
            /** @description Those whose latest request failed, and that are sent again. */
            failing: number;
            /** @description Those given up: the dead letters. */
            dead: number;
            /** @description Share of delivered ones among the newest that were tried: delivered, failing or given up; absent while none was. */
            successRate?: number;
            /** @description When the latest request ended, ISO 8601, UTC; absent when none was made, or an earlier version made it. */
            lastAttemptAt?: string;
            /** @description HTTP status of the latest answer. */
            lastStatus?: number;
            /** @description Why the latest was not delivered: a sentence. */
            lastError?: string;
        };
        NotificationReceivers: {
            readonly items: components["schemas"]["NotificationReceiver"][];
            /** @description Notifications that the figures are counted over. */
            counted: number;
            /** @description Whether those are all that are kept, and all their receivers are in `items`. */
            isComplete: boolean;
        };
        NotificationsResend: {
            /** @description Dead letters that fit, among those this call looked at. */
            matched: number;
            /** @description Those that are sent again; none in a dry run. */
            resent: number;
            /** @description Why others are not sent again; the first twenty. */
            readonly refused: {
                notificationId: string;
                message: string;
            }[];
            /** @description Whether the call looked at all dead letters there are. */
            isComplete: boolean;
            /** @description Where the next call goes on, as `cursor` of its body; absent when it is complete. */
            nextCursor?: string;
        };
        PreparedWorkspace: {
            workspaceId: string;
            /**
             * @description missing: there is none and `fix` says what to do; unavailable: Bird did not answer.
             * @enum {string}
             */
            status: "present" | "created" | "missing" | "unavailable";
            /** @description Address of the events. */
            url?: string;
            reason?: string;
            /** @description What an operator has to do. */
            fix?: string;
        };
        /** @description RFC 9457 problem details. */
        Problem: {
            /** @description A URI reference that names the kind of problem. */
            type: string;
            /** @description The kind of problem in a few words. */
            title: string;
            /**
             * @description The HTTP status.
             * @enum {integer}
             */
            status: 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 414 | 415 | 422 | 429 | 431 | 500 | 502 | 503;
            /** @description What happened and what to do, in plain words. */
            detail: string;
            /**
             * @description Stable name of the problem: branch on it, never on a text.
             * @enum {string}
             */
            code: "bad_request" | "bird_unavailable" | "connector_of_another_install" | "cross_site" | "forbidden" | "host_not_allowed" | "idempotency_key_in_use" | "idempotency_key_reused" | "install_not_found" | "internal" | "invalid_json" | "invalid_request" | "meta_unavailable" | "method_not_allowed" | "not_found" | "number_mismatch" | "rate_limited" | "rejected_by_bird" | "signup_code_refused" | "too_few_shards" | "too_large" | "too_many_open_requests" | "too_many_requests" | "too_many_uploads" | "unauthenticated" | "unauthorized" | "unavailable" | "unsupported_media_type" | "upload_too_slow" | "wrong_state";
            /** @description Everything that is wrong with the input, at once. */
            errors?: {
                /** @description JSON Pointer (RFC 6901) to the member, "" for the whole. */
                path: string;
                /** @description What is wrong with it, and how it must be. */
                message: string;
            }[];
            /**
             * @description With `unavailable`: what keeps Redis from it.
             * @enum {string}
             */
            reason?: "full" | "read_only" | "loading" | "no_master" | "cluster_down" | "forbidden" | "wrong_password" | "untrusted_certificate" | "no_tls" | "not_persisted" | "too_few_replicas" | "busy" | "too_many_clients" | "timeout" | "unreachable";
            /** @description The batch that holds what was read of a file. */
            batchId?: string;
            /** @description How many rows of a file were read. */
            rows?: number;
            /** @description The form of a file that is refused as a whole, as far as it was read. */
            file?: components["schemas"]["DetectedFile"];
            /** @description The `request-id` header; it is in the log. */
            requestId?: string;
        };
        Process: {
            /** @description start, api, worker or webhook; start is all of them in one. */
            role: string;
            host: string;
            processId: number;
            /** @description Its SHARDS. */
            shards: number;
            /** @description When it last reported, which it does every ten seconds. ISO 8601, UTC. */
            seenAt: string;
        };
        RedisServer: {
            /** @description Host and port. */
            server: string;
            /** @description Memory in use. */
            usedBytes: number;
            /** @description Its maxmemory; absent without one, where the machine is the limit. */
            limitBytes?: number;
        };
        /** @description Webhooks of one reason. Forgotten RETENTION_MS after the last of them. */
        RefusedEvents: {
            /** @constant */
            state: "refused";
            /** @enum {string} */
            reason: "no_key" | "no_signature" | "bad_signature" | "too_old" | "too_large" | "unsupported_media_type" | "invalid_request" | "not_found" | "method_not_allowed" | "address_too_long" | "internal" | "too_few_shards" | "unavailable";
            /** @description Webhooks refused for this since `firstAt`. */
            count: number;
            /** @description What was answered, and what to do. */
            action: string;
            /** @description When the first of them came. ISO 8601, UTC. */
            firstAt: string;
            /** @description When the last of them came. ISO 8601, UTC. */
            lastAt: string;
        };
        Resumption: {
            workspaceId: string;
            /** @description The lifted hold; absent when there was none. */
            lifted?: components["schemas"]["Hold"];
            /** @description Held installs that run now. */
            woken: number;
        };
        SentMessage: {
            /** @description Bird's id of the message. */
            messageId?: string;
            /** @description Bird's text; the message is not delivered yet. */
            status?: string;
        };
        /** @description The caller, and the Perch it talks to. */
        Session: {
            /** @description Name of the API key; `local` when no keys are set. */
            name: string;
            /** @description Scopes of the key. */
            scopes: ("read" | "messages" | "write" | "admin")[];
            /** @description These scopes with those that they include. */
            allows: ("read" | "messages" | "write" | "admin")[];
            /** @description The only workspaces it reaches; absent: all. */
            workspaces?: string[];
            /**
             * @description none: no keys are set, and no sign-in is needed.
             * @enum {string}
             */
            signedInBy: "none" | "apiKey" | "session";
            /** @description When the session ends. ISO 8601, UTC. */
            endsAt?: string;
            /** @description Version of Perch. */
            version: string;
            /** @description Whether Bird is simulated on this machine. */
            isSandbox: boolean;
            /** @description Where that sandbox shows what it made, for browsers of this machine; absent where the API was not called by a loopback name or listens for other machines, and for a key of some workspaces. */
            sandboxUrl?: string;
            /** @description Address of Redis, without user and password; absent for a key of some workspaces. */
            redis?: string;
        };
        SignedOut: {
            /** @constant */
            signedOut: true;
        };
        Stats: {
            /** @description When it was read, by Redis's clock. ISO 8601, UTC. */
            at: string;
            now: components["schemas"]["StatsNow"];
            /** @description Oldest first; the last is under way. */
            readonly hours: components["schemas"]["StatsHour"][];
            /** @description How often a process writes what it counted (`ended`, `failuresByCode`, `createToEvent`, `birdAnswers`). One that is killed, or a write that Redis refuses, loses what it counted since. */
            countedEveryMs: number;
        };
        StatsHour: {
            /** @description When the hour begins, by Redis's clock. ISO 8601, UTC. */
            from: string;
            /** @description False for the hour that is under way. */
            isOver: boolean;
            /** @description Installs created, of those that are still listed. */
            created: number;
            /** @description Exact: installs that are kept now and whose latest end was in this hour. A retry takes an install out, RETENTION_MS ends it. */
            kept: {
                /** @description Completed. */
                completed: number;
                /** @description Failed, cancelled ones among them. */
                failed: number;
            };
            /** @description Counted when they happened: an install that is retried or healed ends again. */
            ended: {
                /** @description Ends as completed. */
                completed: number;
                /** @description Ends as failed. */
                failed: number;
                /** @description Ends as cancelled. */
                cancelled: number;
            };
            /** @description The failed ones of `ended`, most frequent first. */
            readonly failuresByCode: components["schemas"]["CodeCount"][];
            /** @description From the connector's create to its event, of the completed ones. */
            createToEvent: {
                /** @description Installs completed by an event. */
                count: number;
                /** @description Median, interpolated within its bucket. */
                p50Ms?: number;
                /** @description 95th percentile, likewise. */
                p95Ms?: number;
                readonly buckets: components["schemas"]["TimeBucket"][];
            };
            /** @description Requests of workers and API to Bird, by class of its answer. */
            birdAnswers: {
                /** @description Bird asked to slow down. */
                429: number;
                "2xx": number;
                "3xx": number;
                /** @description Without 429. */
                "4xx": number;
                "5xx": number;
                /** @description Sent, and no answer came in time. */
                unanswered: number;
                /** @description No connection. */
                not_sent: number;
                /** @description Not sent, because its run had lost the install. */
                withheld: number;
            };
        };
        /** @description The fleet as Redis has it at this moment. */
        StatsNow: {
            /** @description Installs that have not ended. */
            inFlight: number;
            /** @description Installs by status. */
            installs: {
                /** @description Also those whose batch is paused or waits for its canary. */
                queued: number;
                /** @description Their create is being sent. */
                submitting: number;
                /** @description They have their connector. */
                awaiting_channel: number;
                /** @description Between attempts. */
                retrying: number;
                /** @description Their workspace is held. */
                held: number;
                /** @description Of those that are kept, for RETENTION_MS after their end. */
                completed: number;
                /** @description As completed. */
                failed: number;
                /** @description As completed. */
                cancelled: number;
            };
            /** @description Of the queued ones, those whose batch is paused or waits for its canary. */
            paused: number;
            /** @description In ms; 0 where there is none. */
            oldestMs: {
                /** @description Of the installs ready to run, how long the next one has waited. */
                waiting: number;
                /** @description Of the parked installs, for how long the first one has been due. */
                overdue: number;
                /** @description Age of the oldest event its install has not processed. */
                event: number;
                /** @description Age of the oldest event that matches no install. */
                unmatched: number;
                /** @description Age of the oldest notification neither delivered nor given up. */
                notification: number;
                /** @description Age of the oldest outcome whose notification is not queued yet. */
                outcome: number;
            };
            /** @description Workspaces that are held, by reason. */
            heldWorkspaces: {
                /** @description Bird asked to slow down. */
                rate_limited: number;
                /** @description Bird refuses the access key. */
                unauthorized: number;
            };
            /** @description Stored events. */
            events: {
                /** @description Events of Bird that match no install. */
                unmatched: number;
                /** @description Events their install has not processed yet. */
                notConsumed: number;
                /** @description Signed events that Perch cannot use. */
                unreadable: number;
            };
            notifications: {
                /** @description Neither delivered nor given up. */
                pending: number;
                /** @description Of those that are kept. */
                delivered: number;
                /** @description Given up; of those that are kept. */
                dead: number;
            };
            /** @description Batches that have not finished. */
            batches: {
                /** @description Open and not paused. */
                running: number;
                /** @description By a caller. */
                paused: number;
                /** @description By their own limit. */
                halted: number;
            };
            /** @description How fast the queue moves. */
            pace: {
                /** @description Installs that ended in the last 60 seconds. */
                endedLastMinute: number;
                /** @description Installs ready to run that wait for a worker. */
                ready: number;
                /** @description When those would have ended at this pace; absent while fewer than 30 end a minute. */
                finishMs?: number;
            };
            /** @description Processes of `perch start`, `api`, `worker` and `webhook` that reported within a minute. */
            readonly processes: components["schemas"]["Process"][];
            /** @description Servers that hold data. Empty where the user of REDIS_URL may not ask (INFO). */
            readonly redis: components["schemas"]["RedisServer"][];
        };
        Subscription: {
            /**
             * @description Whether Bird sends channel.created to Perch; unavailable: Bird did not answer.
             * @enum {string}
             */
            status: "present" | "missing" | "unavailable";
            /** @description When Perch last checked. ISO 8601, UTC. */
            checkedAt: string;
            /** @description Address of the events. */
            url?: string;
            /** @description Why no subscription is known, and what to do. */
            reason?: string;
        };
        /** @description How the receiver answered. Nothing of the body of its answer is read out or kept. */
        TestEventResult: {
            /** @description The `webhook-id` it was sent with. */
            id: string;
            /** @description Whether the receiver accepted it, with a 2xx. */
            isDelivered: boolean;
            /** @description HTTP status; absent when the receiver did not answer. */
            status?: number;
            durationMs: number;
            /** @description Why it was not delivered: a sentence. */
            error?: string;
        };
        /** @description A message with a text or a template. */
        TestMessage: components["schemas"]["TestMessageWithText"] | components["schemas"]["TestMessageWithTemplate"];
        /** @description Reaches any number. */
        TestMessageWithTemplate: {
            /** @description Phone number to write to, with its country code. */
            to: string;
            template: {
                /**
                 * Format: uuid
                 * @description The template's project in Bird.
                 */
                projectId: string;
                /**
                 * @description UUID of a version of the template, or `latest`.
                 * @default latest
                 */
                version?: string;
                /** @description Language of the template. */
                locale: string;
                /**
                 * @description Texts for the template's variables, by name.
                 * @default {}
                 */
                variables?: {
                    [key: string]: string;
                };
            };
        };
        /** @description Reaches only people who wrote to the number in the last 24 hours. */
        TestMessageWithText: {
            /** @description Phone number to write to, with its country code. */
            to: string;
            /** @description The message. */
            text: string;
        };
        TimeBucket: {
            /** @description Upper bound; absent: longer than all others. */
            upToMs?: number;
            /** @description Those of this bucket alone. */
            count: number;
        };
        UnmatchedEvent: {
            connectorId: string;
            channelId: string;
            channelStatus?: string;
            workspaceId?: string;
            /** @description The phone number as Bird wrote it. */
            identifier?: string;
            /** @description A second event named this channel for the same connector: an incident. */
            otherChannelId?: string;
            /**
             * @description Why it completes nothing: named_workspace, it came to one workspace's address and names another; other_workspace, the connector is an install's of another workspace; not_held, its install has given the connector up.
             * @enum {string}
             */
            conflict?: "named_workspace" | "other_workspace" | "not_held";
            /** @description The workspace that an event to another one's address names. */
            namedWorkspaceId?: string;
            /** @description ISO 8601, UTC. */
            arrivedAt: string;
        };
        UnmatchedEventPage: {
            readonly items: components["schemas"]["UnmatchedEvent"][];
            /** @description Where the next page begins; absent on the last. A page may have fewer items than requested although there are more. */
            nextCursor?: string;
        };
        UnreadableEvent: {
            id: string;
            /** @description Why it cannot be used, and how to fix that. */
            reason: string;
            workspaceId?: string;
            channelId?: string;
            /** @description The first 4 KiB of the body. */
            body: string;
            /** @description Length of the whole body. */
            bytes: number;
            /** @description ISO 8601, UTC. */
            arrivedAt: string;
        };
        UnreadableEventPage: {
            readonly items: components["schemas"]["UnreadableEvent"][];
            /** @description Where the next page begins; absent on the last. A page may have fewer items than requested although there are more. */
            nextCursor?: string;
        };
        UnreadableEventShape: {
            /** @constant */
            state: "unreadable";
            id: string;
            /** @description Why it cannot be used, and how to fix that. */
            reason: string;
            workspaceId?: string;
            channelId?: string;
            /** @description What its body is made of, without values: `text of 36`, `number`, and so on for each member. Absent for a body that is no JSON or has more than 4 KiB. */
            shape?: unknown;
            /** @description Length of the body. */
            bytes: number;
            /** @description When it came. ISO 8601, UTC. */
            arrivedAt: string;
        };
        /** @description What Perch knows about a Bird workspace; without data for an unknown one. */
        Workspace: {
            workspaceId: string;
            /** @description Absent while the workspace is not held. */
            hold?: components["schemas"]["Hold"];
            /** @description Absent until Perch has checked: see perch workspaces prepare. */
            subscription?: components["schemas"]["Subscription"];
            /** @description Installs that are kept, in any status. */
            installs: number;
            /** @description Installs that wait for the hold to end. */
            heldInstalls: number;
            /** @description Statuses of its newest installs, a hundred at most: of all of them while `installs` is not more. */
            newestByStatus: {
                queued: number;
                submitting: number;
                awaiting_channel: number;
                retrying: number;
                held: number;
                completed: number;
                failed: number;
                cancelled: number;
            };
            /** @description Whether Bird is called with an access key of its own. It is never shown. */
            hasOwnAccessKey: boolean;
            /** @description When Bird's latest event for it came, as of up to five seconds ago. ISO 8601, UTC. */
            lastEventAt?: string;
            /** @description How far ahead its budget of creates is taken, ms; 0: one may be sent at once. */
            budgetAheadMs: number;
        };
        WorkspacePage: {
            readonly items: components["schemas"]["Workspace"][];
            /** @description Where the next page begins; absent on the last. A page may have fewer items than requested although there are more. */
            nextCursor?: string;
            /** @description False for minutes after the update to a version with this list, until the workers have found all workspaces of before. */
            isComplete: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listInstalls: {
        parameters: {
            query?: {
                /**
                 * @description Only installs of these statuses: several are separated by commas, or the parameter is repeated.
                 * @example [
                 *       "failed",
                 *       "cancelled"
                 *     ]
                 */
                status?: ("queued" | "submitting" | "awaiting_channel" | "retrying" | "held" | "completed" | "failed" | "cancelled")[];
                /**
                 * @description Bird workspace.
                 * @example 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10
                 */
                workspaceId?: string;
                /**
                 * @description Only rows of this batch.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                batchId?: string;
                /**
                 * @description Phone number with its country code, in any usual writing; every form of the number matches.
                 * @example 0014155550123
                 */
                phoneNumber?: string;
                /**
                 * @description Bird's connector.
                 * @example 6c90415d-c4be-4999-b89c-08055fd9bf3a
                 */
                connectorId?: string;
                /**
                 * @description Bird's channel.
                 * @example 13b5339b-da44-4b59-a33d-5df436c6a41b
                 */
                channelId?: string;
                /**
                 * @description Only installs that failed with this code.
                 * @example rejected_by_bird
                 */
                errorCode?: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
                /**
                 * @description A whole id or number, in any writing, of an install, connector or channel is taken for that alone; else a part of the name, an id, a number or a metadata value. A page then looks at 3,000 installs at most, so it may be empty and still have a `nextCursor`.
                 * @example acme
                 */
                q?: string;
                /**
                 * @description A part of the name, in any case. A page looks at 3,000 installs at most, so it may be empty and still have a `nextCursor`.
                 * @example acme
                 */
                name?: string;
                /**
                 * @description The same as `createdFrom`.
                 * @example 2h
                 */
                since?: string;
                /**
                 * @description Only installs created then or later: a duration before now (`30m`, `2h`, `3d`), a day, or an ISO 8601 time; UTC without an offset.
                 * @example 2026-11-28
                 */
                createdFrom?: string;
                /**
                 * @description Only installs created then or earlier, in the same forms; a day is meant with its end.
                 * @example 2026-11-29
                 */
                createdTo?: string;
                /**
                 * @description Only installs whose pause has been over for a minute and that no worker has taken; the 10,000 that are due for longest.
                 * @example false
                 */
                stuck?: boolean;
                /**
                 * @description `created`: newest first. `updated`: only installs that have ended, the latest end first; what has not ended is kept in no order of its changes.
                 * @example created
                 */
                order?: "created" | "updated";
                /**
                 * @description Maximum number of items of the page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the previous page; omit it for the first.
                 * @example 01M8K2ZEVP0X2NZT5ES65W9MSP
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of installs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *           "status": "completed",
                     *           "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *           "name": "Acme support",
                     *           "wabaId": "102290129340398",
                     *           "phoneId": "106540352242922",
                     *           "phoneNumber": "+14155550123",
                     *           "metadata": {
                     *             "customer": "42"
                     *           },
                     *           "requestedBy": "crm",
                     *           "attempts": 1,
                     *           "createdAt": "2026-11-29T07:23:12.139Z",
                     *           "updatedAt": "2026-11-29T07:23:12.254Z",
                     *           "connectorId": "6c90415d-c4be-4999-b89c-08055fd9bf3a",
                     *           "channelId": "13b5339b-da44-4b59-a33d-5df436c6a41b",
                     *           "channelStatus": "active",
                     *           "completedBy": "webhook",
                     *           "completedAt": "2026-11-29T07:23:12.254Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["InstallPage"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createInstall: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes a repeat safe: the same key with the same body is the same install, for 48 hours. Keys of another API key are other keys. 1 to 255 printable ASCII characters.
                 * @example order-7
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InstallRequest"];
            };
        };
        responses: {
            /** @description The existing install. It may have failed: see its `status` and `error`. */
            200: {
                headers: {
                    /** @description Address of the install. */
                    Location?: string;
                    /** @description The install of an `Idempotency-Key` has ended without success: retry it. Absent for live and completed installs. */
                    "Perch-Install-Status"?: "failed" | "cancelled";
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *       "status": "completed",
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "name": "Acme support",
                     *       "wabaId": "102290129340398",
                     *       "phoneId": "106540352242922",
                     *       "phoneNumber": "+14155550123",
                     *       "metadata": {
                     *         "customer": "42"
                     *       },
                     *       "requestedBy": "crm",
                     *       "attempts": 1,
                     *       "createdAt": "2026-11-29T07:23:12.139Z",
                     *       "updatedAt": "2026-11-29T07:23:12.254Z",
                     *       "connectorId": "6c90415d-c4be-4999-b89c-08055fd9bf3a",
                     *       "channelId": "13b5339b-da44-4b59-a33d-5df436c6a41b",
                     *       "channelStatus": "active",
                     *       "completedBy": "webhook",
                     *       "completedAt": "2026-11-29T07:23:12.254Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Install"];
                };
            };
            /** @description Queued: a new install. */
            202: {
                headers: {
                    /** @description Address of the install. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *       "status": "queued",
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "name": "Acme support",
                     *       "wabaId": "102290129340398",
                     *       "phoneId": "106540352242922",
                     *       "phoneNumber": "+14155550123",
                     *       "metadata": {
                     *         "customer": "42"
                     *       },
                     *       "requestedBy": "crm",
                     *       "attempts": 0,
                     *       "createdAt": "2026-11-29T07:23:12.139Z",
                     *       "updatedAt": "2026-11-29T07:23:12.139Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Install"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getInstall: {
        parameters: {
            query?: {
                /**
                 * @description How long to wait for the install's end, seconds. When the time is up the answer is the current install.
                 * @example 30
                 */
                wait?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the install.
                 * @example 01M8K2ZEVP0X2NZT5ES65W9MSP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The install. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *       "status": "completed",
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "name": "Acme support",
                     *       "wabaId": "102290129340398",
                     *       "phoneId": "106540352242922",
                     *       "phoneNumber": "+14155550123",
                     *       "metadata": {
                     *         "customer": "42"
                     *       },
                     *       "requestedBy": "crm",
                     *       "attempts": 1,
                     *       "createdAt": "2026-11-29T07:23:12.139Z",
                     *       "updatedAt": "2026-11-29T07:23:12.254Z",
                     *       "connectorId": "6c90415d-c4be-4999-b89c-08055fd9bf3a",
                     *       "channelId": "13b5339b-da44-4b59-a33d-5df436c6a41b",
                     *       "channelStatus": "active",
                     *       "completedBy": "webhook",
                     *       "completedAt": "2026-11-29T07:23:12.254Z",
                     *       "timeline": [
                     *         {
                     *           "at": "2026-11-29T07:23:12.139Z",
                     *           "what": "queued",
                     *           "requestedBy": "crm"
                     *         },
                     *         {
                     *           "at": "2026-11-29T07:23:12.215Z",
                     *           "what": "connector created",
                     *           "connectorId": "6c90415d-c4be-4999-b89c-08055fd9bf3a"
                     *         },
                     *         {
                     *           "at": "2026-11-29T07:23:12.250Z",
                     *           "what": "event from Bird matched"
                     *         },
                     *         {
                     *           "at": "2026-11-29T07:23:12.254Z",
                     *           "what": "completed",
                     *           "completedBy": "webhook"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["InstallWithTimeline"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followInstall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the install.
                 * @example 01M8K2ZEVP0X2NZT5ES65W9MSP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example retry: 3000
                     *
                     *     event: install
                     *     data: {"id":"01M8K2ZEVP0X2NZT5ES65W9MSP","status":"queued","workspaceId":"0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10","name":"Acme support","wabaId":"102290129340398","phoneId":"106540352242922","phoneNumber":"+14155550123","metadata":{"customer":"42"},"requestedBy":"crm","attempts":0,"createdAt":"2026-11-29T07:23:12.139Z","updatedAt":"2026-11-29T07:23:12.139Z","timeline":[{"at":"2026-11-29T07:23:12.139Z","what":"queued","requestedBy":"crm"}]}
                     *
                     *     event: ended
                     *     data: {"id":"01M8K2ZEVP0X2NZT5ES65W9MSP","status":"completed","workspaceId":"0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10","name":"Acme support","wabaId":"102290129340398","phoneId":"106540352242922","phoneNumber":"+14155550123","metadata":{"customer":"42"},"requestedBy":"crm","attempts":1,"createdAt":"2026-11-29T07:23:12.139Z","updatedAt":"2026-11-29T07:23:12.254Z","connectorId":"6c90415d-c4be-4999-b89c-08055fd9bf3a","channelId":"13b5339b-da44-4b59-a33d-5df436c6a41b","channelStatus":"active","completedBy":"webhook","completedAt":"2026-11-29T07:23:12.254Z","timeline":[{"at":"2026-11-29T07:23:12.139Z","what":"queued","requestedBy":"crm"},{"at":"2026-11-29T07:23:12.215Z","what":"connector created","connectorId":"6c90415d-c4be-4999-b89c-08055fd9bf3a"},{"at":"2026-11-29T07:23:12.250Z","what":"event from Bird matched"},{"at":"2026-11-29T07:23:12.254Z","what":"completed","completedBy":"webhook"}]}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryInstall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the install.
                 * @example 01M8K2ZEVP0X2NZT5ES65W9MSP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Name of the connector in Bird. */
                    name?: string;
                    /** @description Meta's WhatsApp Business Account id, digits. */
                    wabaId?: string;
                    /** @description Meta's phone number id, digits. */
                    phoneId?: string;
                    /** @description Phone number with its country code, in any usual writing; kept as E.164. */
                    phoneNumber?: string;
                    /**
                     * Format: uuid
                     * @description Bird's id of a number bought at Bird; omit it for your own number.
                     */
                    mbPhoneId?: string;
                    /** @description Long-lived token of Meta's embedded signup; never shown again. */
                    accessToken?: string;
                    /** @description Invitation token; never shown again. */
                    invitationToken?: string;
                    /** @description Passed on to Bird. */
                    channelConversationalStatusEnabled?: boolean;
                    /** @description Texts of your own, returned untouched; at most 2048 bytes as JSON. */
                    metadata?: {
                        [key: string]: string;
                    };
                    /** @description Address to notify of this install's outcome, in addition to NOTIFY_URL. https. */
                    callbackUrl?: string;
                };
            };
        };
        responses: {
            /** @description The install, queued again. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *       "status": "queued",
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "name": "Acme support",
                     *       "wabaId": "102290129340398",
                     *       "phoneId": "106540352242922",
                     *       "phoneNumber": "+14155550123",
                     *       "metadata": {
                     *         "customer": "42"
                     *       },
                     *       "requestedBy": "crm",
                     *       "attempts": 0,
                     *       "createdAt": "2026-11-29T07:23:12.139Z",
                     *       "updatedAt": "2026-11-29T07:23:12.254Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Install"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelInstall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the install.
                 * @example 01M8K2ZEVP0X2NZT5ES65W9MSP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The install. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *       "status": "queued",
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "name": "Acme support",
                     *       "wabaId": "102290129340398",
                     *       "phoneId": "106540352242922",
                     *       "phoneNumber": "+14155550123",
                     *       "metadata": {
                     *         "customer": "42"
                     *       },
                     *       "requestedBy": "crm",
                     *       "attempts": 0,
                     *       "createdAt": "2026-11-29T07:23:12.139Z",
                     *       "updatedAt": "2026-11-29T07:23:12.139Z",
                     *       "cancellation": {
                     *         "requestedAt": "2026-11-29T07:23:12.254Z",
                     *         "undone": [],
                     *         "notUndone": [
                     *           "The run that is under way has to end first."
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Install"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sendTestMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the install.
                 * @example 01M8K2ZEVP0X2NZT5ES65W9MSP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TestMessage"];
            };
        };
        responses: {
            /** @description Bird accepted the message. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "messageId": "7bb4255e-88db-48ae-8807-f08b39f82bb8",
                     *       "status": "accepted"
                     *     }
                     */
                    "application/json": components["schemas"]["SentMessage"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    uninstall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the install.
                 * @example 01M8K2ZEVP0X2NZT5ES65W9MSP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The install, with `uninstalledAt`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *       "status": "completed",
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "name": "Acme support",
                     *       "wabaId": "102290129340398",
                     *       "phoneId": "106540352242922",
                     *       "phoneNumber": "+14155550123",
                     *       "metadata": {
                     *         "customer": "42"
                     *       },
                     *       "requestedBy": "crm",
                     *       "attempts": 1,
                     *       "createdAt": "2026-11-29T07:23:12.139Z",
                     *       "updatedAt": "2026-11-29T09:10:11.515Z",
                     *       "connectorId": "6c90415d-c4be-4999-b89c-08055fd9bf3a",
                     *       "channelId": "13b5339b-da44-4b59-a33d-5df436c6a41b",
                     *       "channelStatus": "active",
                     *       "completedBy": "webhook",
                     *       "completedAt": "2026-11-29T07:23:12.254Z",
                     *       "uninstalledAt": "2026-11-29T09:10:11.515Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Install"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryInstalls: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Which installs: those that match all members, as in the list of installs. At least one member, so that an empty filter does not act on everything. */
                    filter: {
                        /**
                         * Format: uuid
                         * @description Bird workspace.
                         */
                        workspaceId?: string;
                        /** @description Only rows of this batch. */
                        batchId?: string;
                        /** @description Phone number with its country code, in any usual writing; every form of the number matches. */
                        phoneNumber?: string;
                        /** @description Bird's connector. */
                        connectorId?: string;
                        /** @description Bird's channel. */
                        channelId?: string;
                        /**
                         * @description Only installs that failed with this code.
                         * @enum {string}
                         */
                        errorCode?: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
                        /** @description A part of the name, in any case. */
                        name?: string;
                        /** @description The installs by their ids, instead of what they have in common. */
                        ids?: string[];
                        /** @description Only installs of these statuses; absent: failed, cancelled. */
                        status?: ("failed" | "cancelled")[];
                        /** @description An id, a number in any usual writing, or a part of a name, id, number or metadata value. */
                        q?: string;
                        /** @description Only installs created then or later: a duration before now (`30m`, `2h`, `3d`), a day, or an ISO 8601 time; UTC without an offset. */
                        createdFrom?: string;
                        /** @description Only installs created then or earlier, in the same forms; a day is meant with its end. */
                        createdTo?: string;
                        /** @description Only installs whose pause has been over for a minute and that no worker has taken. */
                        stuck?: boolean;
                    };
                    /** @description Members of their requests to replace, the same in each. */
                    replace?: {
                        /** @description Name of the connector in Bird. */
                        name?: string;
                        /** @description Meta's WhatsApp Business Account id, digits. */
                        wabaId?: string;
                        /** @description Meta's phone number id, digits. */
                        phoneId?: string;
                        /** @description Phone number with its country code, in any usual writing; kept as E.164. */
                        phoneNumber?: string;
                        /**
                         * Format: uuid
                         * @description Bird's id of a number bought at Bird; omit it for your own number.
                         */
                        mbPhoneId?: string;
                        /** @description Long-lived token of Meta's embedded signup; never shown again. */
                        accessToken?: string;
                        /** @description Invitation token; never shown again. */
                        invitationToken?: string;
                        /** @description Passed on to Bird. */
                        channelConversationalStatusEnabled?: boolean;
                        /** @description Texts of your own, returned untouched; at most 2048 bytes as JSON. */
                        metadata?: {
                            [key: string]: string;
                        };
                        /** @description Address to notify of this install's outcome, in addition to NOTIFY_URL. https. */
                        callbackUrl?: string;
                    };
                    /** @description Only counts matching installs. */
                    dryRun?: boolean;
                    /** @description `nextCursor` of the call before, to go on from there. */
                    cursor?: string;
                };
            };
        };
        responses: {
            /** @description The matched and retried installs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "matched": 2,
                     *       "retried": 2,
                     *       "refused": [],
                     *       "isComplete": true
                     *     }
                     */
                    "application/json": components["schemas"]["InstallsRetry"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelInstalls: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Which installs: those that match all members, as in the list of installs. At least one member, so that an empty filter does not act on everything. */
                    filter: {
                        /**
                         * Format: uuid
                         * @description Bird workspace.
                         */
                        workspaceId?: string;
                        /** @description Only rows of this batch. */
                        batchId?: string;
                        /** @description Phone number with its country code, in any usual writing; every form of the number matches. */
                        phoneNumber?: string;
                        /** @description Bird's connector. */
                        connectorId?: string;
                        /** @description Bird's channel. */
                        channelId?: string;
                        /**
                         * @description Only installs that failed with this code.
                         * @enum {string}
                         */
                        errorCode?: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
                        /** @description A part of the name, in any case. */
                        name?: string;
                        /** @description The installs by their ids, instead of what they have in common. */
                        ids?: string[];
                        /** @description Only installs of these statuses; absent: queued, submitting, awaiting_channel, retrying, held. */
                        status?: ("queued" | "submitting" | "awaiting_channel" | "retrying" | "held")[];
                        /** @description An id, a number in any usual writing, or a part of a name, id, number or metadata value. */
                        q?: string;
                        /** @description Only installs created then or later: a duration before now (`30m`, `2h`, `3d`), a day, or an ISO 8601 time; UTC without an offset. */
                        createdFrom?: string;
                        /** @description Only installs created then or earlier, in the same forms; a day is meant with its end. */
                        createdTo?: string;
                        /** @description Only installs whose pause has been over for a minute and that no worker has taken. */
                        stuck?: boolean;
                    };
                    /** @description Only counts matching installs. */
                    dryRun?: boolean;
                    /** @description `nextCursor` of the call before, to go on from there. */
                    cursor?: string;
                };
            };
        };
        responses: {
            /** @description The matched installs, and those that are to end. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "matched": 2,
                     *       "cancelled": 2,
                     *       "refused": [],
                     *       "isComplete": true
                     *     }
                     */
                    "application/json": components["schemas"]["InstallsCancel"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listBatches: {
        parameters: {
            query?: {
                /**
                 * @description Only batches with these statuses: several are separated by commas, or the parameter is repeated.
                 * @example [
                 *       "running",
                 *       "paused"
                 *     ]
                 */
                status?: ("importing" | "running" | "paused" | "finished" | "cancelled")[];
                /**
                 * @description A part of the name, the id, or the name of the API key it was sent with.
                 * @example acme
                 */
                q?: string;
                /**
                 * @description Only batches created then or later: a duration before now (`30m`, `2h`, `3d`), a day, or an ISO 8601 time; UTC without an offset.
                 * @example 2026-11-28
                 */
                createdFrom?: string;
                /**
                 * @description Only batches created then or earlier, in the same forms; a day is meant with its end.
                 * @example 2026-11-29
                 */
                createdTo?: string;
                /**
                 * @description Maximum number of items of the page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the previous page; omit it for the first.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of batches. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "01M8K2ZF2SNX0YNH3GT8A2C7GP",
                     *           "name": "march",
                     *           "requestedBy": "crm",
                     *           "status": "finished",
                     *           "rows": 3,
                     *           "accepted": 1,
                     *           "attached": 1,
                     *           "rejected": 1,
                     *           "queued": 0,
                     *           "awaiting": 0,
                     *           "completed": 2,
                     *           "failed": 0,
                     *           "cancelled": 0,
                     *           "createdAt": "2026-11-29T07:23:12.139Z",
                     *           "finishedAt": "2026-11-29T07:23:12.254Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["BatchPage"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createBatch: {
        parameters: {
            query?: {
                /**
                 * @description Name of the batch.
                 * @example march
                 */
                name?: string;
                /**
                 * @description Validates every row, reports what would happen to it, and enqueues nothing.
                 * @example true
                 */
                dryRun?: boolean;
                /**
                 * @description With `dryRun`: asks Meta about each number that would be new. Needs META_APP_ID; takes as long as Meta's limits ask for.
                 * @example false
                 */
                checkMeta?: boolean;
                /**
                 * @description Number of installs that run first; the others run once these have ended within `haltAt`.
                 * @example 5
                 */
                canary?: number;
                /**
                 * @description The batch pauses by itself when more of its ended installs than this have failed, percent, `20` or `20%`. Default: 20 with a canary, else never.
                 * @example 20
                 */
                haltAt?: number;
                /**
                 * @description Reads a file although it has unknown columns.
                 * @example true
                 */
                ignoreUnknownColumns?: boolean;
                /**
                 * @description `utf-8`, `windows-1252`, `iso-8859-1`, `utf-16le` or `utf-16be`. Default: the charset of the content type, the byte order mark, else UTF-8.
                 * @example windows-1252
                 */
                encoding?: string;
                /**
                 * @description `Their column=ours`: a column of another name holds this member. May be repeated.
                 * @example [
                 *       "Name=name"
                 *     ]
                 */
                map?: string[];
                /**
                 * @description `column=value`: for all rows whose cell is empty or absent. May be repeated; takes no secret.
                 * @example [
                 *       "priority=bulk"
                 *     ]
                 */
                set?: string[];
                /**
                 * @description Sheet of a workbook. Default: the first that is not hidden.
                 * @example Numbers
                 */
                sheet?: string;
                /**
                 * @description Workspace of rows that name none.
                 * @example 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10
                 */
                workspace?: string;
            };
            header?: {
                /**
                 * @description Token of rows that have none; never shown or logged.
                 * @example EAAG-long-lived-token
                 */
                "perch-access-token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": string;
                "application/x-ndjson": string;
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                "multipart/form-data": {
                    /** @description `utf-8`, `windows-1252`, `iso-8859-1`, `utf-16le` or `utf-16be`; default: its byte order mark, else UTF-8. */
                    encoding?: string;
                    /** @description Sheet of a workbook. Default: the first that is not hidden. */
                    sheet?: string;
                    /** @description `Their column=ours`: a column of another name holds this member. May be repeated. */
                    map?: string[];
                    /** @description `column=value`: for all rows whose cell is empty or absent. May be repeated; takes no secret. */
                    set?: string[];
                    /** @description A JSON object of such values by column; may hold secrets, which are never shown. */
                    defaults?: string;
                    /** @description A JSON list of rows with values that take the place of their cells: `[{"row": 7, "values": {"phoneNumber": "+1 415 555 0123"}}]`. An empty text empties a cell. */
                    edits?: string;
                    /** @description Workspace of rows that name none. */
                    workspace?: string;
                    /** @description Token of rows that have none; never shown. */
                    accessToken?: string;
                    /**
                     * @description Skips unknown columns.
                     * @enum {string}
                     */
                    ignoreUnknownColumns?: "true" | "false";
                    /**
                     * Format: binary
                     * @description The file, after all other fields. Its name says its format: .csv, .ndjson, .xlsx.
                     */
                    file: string;
                };
            };
        };
        responses: {
            /** @description A dry run: what would happen to the rows. A long report is sent while the file is read. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "errors": [
                     *         {
                     *           "row": 2,
                     *           "line": 3,
                     *           "errors": [
                     *             {
                     *               "path": "/phoneNumber",
                     *               "message": "has 3 digits after +1 where numbers have 10"
                     *             }
                     *           ],
                     *           "input": {
                     *             "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *             "name": "Acme support",
                     *             "wabaId": "102290129340398",
                     *             "phoneId": "106540352242922",
                     *             "phoneNumber": "+1 415"
                     *           }
                     *         }
                     *       ],
                     *       "file": {
                     *         "format": "csv",
                     *         "encoding": "utf-8",
                     *         "delimiter": ";",
                     *         "columns": [
                     *           {
                     *             "column": 1,
                     *             "name": "Phone",
                     *             "member": "phoneNumber"
                     *           },
                     *           {
                     *             "column": 2,
                     *             "name": "Nmae",
                     *             "suggestions": [
                     *               "name"
                     *             ]
                     *           }
                     *         ]
                     *       },
                     *       "rows": 3,
                     *       "valid": 2,
                     *       "created": 1,
                     *       "attached": 0,
                     *       "installed": 1,
                     *       "blocked": 0,
                     *       "rejected": 1,
                     *       "finishMs": 3,
                     *       "finishBasis": "budget"
                     *     }
                     */
                    "application/json": components["schemas"]["DryRun"];
                };
            };
            /** @description Every row is enqueued or rejected. */
            202: {
                headers: {
                    /** @description Address of the batch. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZF2SNX0YNH3GT8A2C7GP",
                     *       "name": "march",
                     *       "requestedBy": "crm",
                     *       "status": "running",
                     *       "rows": 3,
                     *       "accepted": 1,
                     *       "attached": 1,
                     *       "rejected": 1,
                     *       "queued": 0,
                     *       "awaiting": 1,
                     *       "completed": 1,
                     *       "failed": 0,
                     *       "cancelled": 0,
                     *       "createdAt": "2026-11-29T07:23:12.139Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the batch.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZF2SNX0YNH3GT8A2C7GP",
                     *       "name": "march",
                     *       "requestedBy": "crm",
                     *       "status": "finished",
                     *       "rows": 3,
                     *       "accepted": 1,
                     *       "attached": 1,
                     *       "rejected": 1,
                     *       "queued": 0,
                     *       "awaiting": 0,
                     *       "completed": 2,
                     *       "failed": 0,
                     *       "cancelled": 0,
                     *       "createdAt": "2026-11-29T07:23:12.139Z",
                     *       "finishedAt": "2026-11-29T07:23:12.254Z",
                     *       "failuresByCode": [],
                     *       "rejectsByFault": [
                     *         {
                     *           "fault": 1,
                     *           "code": "invalid_request",
                     *           "path": "/phoneNumber",
                     *           "message": "has 3 digits after +1 where numbers have 10",
                     *           "count": 1,
                     *           "rows": [
                     *             3
                     *           ]
                     *         }
                     *       ],
                     *       "recentFailures": [],
                     *       "samples": [
                     *         {
                     *           "at": "2026-11-29T07:23:12.254Z",
                     *           "ended": 2,
                     *           "failed": 1,
                     *           "cancelled": 0
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["BatchWithFailures"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the batch.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZF2SNX0YNH3GT8A2C7GP",
                     *       "name": "march",
                     *       "requestedBy": "crm",
                     *       "status": "paused",
                     *       "rows": 3,
                     *       "accepted": 1,
                     *       "attached": 1,
                     *       "rejected": 1,
                     *       "queued": 0,
                     *       "awaiting": 1,
                     *       "completed": 1,
                     *       "failed": 0,
                     *       "cancelled": 0,
                     *       "createdAt": "2026-11-29T07:23:12.139Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the batch.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZF2SNX0YNH3GT8A2C7GP",
                     *       "name": "march",
                     *       "requestedBy": "crm",
                     *       "status": "running",
                     *       "rows": 3,
                     *       "accepted": 1,
                     *       "attached": 1,
                     *       "rejected": 1,
                     *       "queued": 0,
                     *       "awaiting": 1,
                     *       "completed": 1,
                     *       "failed": 0,
                     *       "cancelled": 0,
                     *       "createdAt": "2026-11-29T07:23:12.139Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the batch.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01M8K2ZF2SNX0YNH3GT8A2C7GP",
                     *       "name": "march",
                     *       "requestedBy": "crm",
                     *       "status": "cancelled",
                     *       "rows": 3,
                     *       "accepted": 1,
                     *       "attached": 1,
                     *       "rejected": 1,
                     *       "queued": 0,
                     *       "awaiting": 1,
                     *       "completed": 1,
                     *       "failed": 0,
                     *       "cancelled": 0,
                     *       "createdAt": "2026-11-29T07:23:12.139Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the batch.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Which failed or cancelled rows; absent: all. Given both, a row must match both. */
                    filter?: {
                        /** @enum {string} */
                        errorCode?: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
                        rows?: number[];
                    };
                    /** @description Members of their requests to replace, the same in each. */
                    replace?: {
                        /** @description Name of the connector in Bird. */
                        name?: string;
                        /** @description Meta's WhatsApp Business Account id, digits. */
                        wabaId?: string;
                        /** @description Meta's phone number id, digits. */
                        phoneId?: string;
                        /** @description Phone number with its country code, in any usual writing; kept as E.164. */
                        phoneNumber?: string;
                        /**
                         * Format: uuid
                         * @description Bird's id of a number bought at Bird; omit it for your own number.
                         */
                        mbPhoneId?: string;
                        /** @description Long-lived token of Meta's embedded signup; never shown again. */
                        accessToken?: string;
                        /** @description Invitation token; never shown again. */
                        invitationToken?: string;
                        /** @description Passed on to Bird. */
                        channelConversationalStatusEnabled?: boolean;
                        /** @description Texts of your own, returned untouched; at most 2048 bytes as JSON. */
                        metadata?: {
                            [key: string]: string;
                        };
                        /** @description Address to notify of this install's outcome, in addition to NOTIFY_URL. https. */
                        callbackUrl?: string;
                    };
                    /** @description Only counts matching rows. */
                    dryRun?: boolean;
                };
            };
        };
        responses: {
            /** @description The matched and retried installs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "matched": 2,
                     *       "retried": 2,
                     *       "refused": []
                     *     }
                     */
                    "application/json": components["schemas"]["BatchRetry"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listBatchRows: {
        parameters: {
            query?: {
                /**
                 * @description Only rows with these statuses, separated by commas: `pending` is `queued` (no connector yet) and `awaiting` (the channel).
                 * @example [
                 *       "failed",
                 *       "rejected"
                 *     ]
                 */
                status?: ("completed" | "failed" | "rejected" | "cancelled" | "pending" | "queued" | "awaiting")[];
                /**
                 * @description Only rows that failed, or were rejected, with this code.
                 * @example rejected_by_bird
                 */
                code?: "invalid_request" | "workspace_not_found" | "unauthorized" | "forbidden" | "rejected_by_bird" | "connector_conflict" | "connector_of_another_install" | "rate_limited" | "bird_unavailable" | "ambiguous_submission" | "channel_timeout" | "channel_not_ready" | "number_attempts_exhausted" | "subscription_missing" | "token_unreadable" | "number_mismatch" | "meta_token_invalid" | "meta_token_expired" | "meta_token_expires_soon" | "meta_token_of_another_app" | "meta_token_lacks_permission" | "meta_waba_not_found" | "meta_phone_not_found" | "meta_phone_of_another_waba" | "meta_number_differs" | "meta_phone_not_verified" | "meta_phone_connected_elsewhere" | "cancelled" | "internal";
                /**
                 * @description Only rejected rows with this fault of the batch's `rejectsByFault`.
                 * @example 1
                 */
                fault?: string;
                /**
                 * @description An id, a number in any usual writing, or a part of a name, id, number or metadata value.
                 * @example acme
                 */
                q?: string;
                /**
                 * @description Maximum number of items of the page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the previous page; omit it for the first.
                 * @example 50
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the batch.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of rows. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "row": 1,
                     *           "line": 2,
                     *           "status": "completed",
                     *           "installStatus": "completed",
                     *           "name": "Acme support",
                     *           "phoneNumber": "+14155550123",
                     *           "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *           "installId": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *           "connectorId": "6c90415d-c4be-4999-b89c-08055fd9bf3a",
                     *           "channelId": "13b5339b-da44-4b59-a33d-5df436c6a41b",
                     *           "updatedAt": "2026-11-29T07:23:12.254Z"
                     *         }
                     *       ],
                     *       "nextCursor": "1"
                     *     }
                     */
                    "application/json": components["schemas"]["BatchRowPage"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBatchResults: {
        parameters: {
            query?: {
                /**
                 * @description Only rows with this status.
                 * @example failed
                 */
                status?: "completed" | "failed" | "rejected" | "cancelled" | "pending";
                /**
                 * @description Default: what the header Accept names first, else ndjson.
                 * @example csv
                 */
                format?: "csv" | "ndjson" | "xlsx";
            };
            header?: never;
            path: {
                /**
                 * @description Id of the batch.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The results. When the connection ends early they are incomplete. */
            200: {
                headers: {
                    /** @description Names the file after the batch. */
                    "Content-Disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {"row":1,"status":"completed","installId":"01M8K2ZEVP0X2NZT5ES65W9MSP","connectorId":"6c90415d-c4be-4999-b89c-08055fd9bf3a","channelId":"13b5339b-da44-4b59-a33d-5df436c6a41b","line":2,"workspaceId":"0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10","name":"Acme support","wabaId":"102290129340398","phoneId":"106540352242922","phoneNumber":"+14155550123"}
                     *     {"row":2,"status":"rejected","errorCode":"invalid_request","errorMessage":"phoneNumber has 3 digits after +1 where numbers have 10","action":"Correct the named members and send it again.","line":3,"workspaceId":"0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10","name":"Acme support","wabaId":"102290129340398","phoneId":"106540352242925","phoneNumber":"+1 415"}
                     */
                    "application/x-ndjson": string;
                    /**
                     * @example row,status,installId,connectorId,channelId,errorCode,errorMessage,action,birdMessage,line,workspaceId,name,wabaId,phoneId,phoneNumber
                     *     1,completed,01M8K2ZEVP0X2NZT5ES65W9MSP,6c90415d-c4be-4999-b89c-08055fd9bf3a,13b5339b-da44-4b59-a33d-5df436c6a41b,,,,,2,0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10,Acme support,'102290129340398,'106540352242922,'+14155550123
                     *     2,rejected,,,,invalid_request,phoneNumber has 3 digits after +1 where numbers have 10,Correct the named members and send it again.,,3,0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10,Acme support,'102290129340398,'106540352242925,'+1 415
                     */
                    "text/csv": string;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the batch.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example retry: 3000
                     *
                     *     event: progress
                     *     data: {"id":"01M8K2ZF2SNX0YNH3GT8A2C7GP","name":"march","requestedBy":"crm","status":"running","rows":3,"accepted":1,"attached":1,"rejected":1,"queued":0,"awaiting":1,"completed":1,"failed":0,"cancelled":0,"createdAt":"2026-11-29T07:23:12.139Z"}
                     *
                     *     event: finished
                     *     data: {"id":"01M8K2ZF2SNX0YNH3GT8A2C7GP","name":"march","requestedBy":"crm","status":"finished","rows":3,"accepted":1,"attached":1,"rejected":1,"queued":0,"awaiting":0,"completed":2,"failed":0,"cancelled":0,"createdAt":"2026-11-29T07:23:12.139Z","finishedAt":"2026-11-29T07:23:12.254Z"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWorkspaces: {
        parameters: {
            query?: {
                /**
                 * @description true: only those that are held; false: only the others.
                 * @example true
                 */
                held?: boolean;
                /**
                 * @description Part of the id, in any case.
                 * @example 0b6f
                 */
                q?: string;
                /**
                 * @description Maximum number of items of the page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the previous page; omit it for the first.
                 * @example 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of workspaces. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *           "hold": {
                     *             "reason": "unauthorized",
                     *             "until": "2026-11-29T07:33:12.000Z",
                     *             "since": "2026-11-29T07:23:12.000Z"
                     *           },
                     *           "subscription": {
                     *             "status": "present",
                     *             "checkedAt": "2026-11-29T07:23:12.139Z",
                     *             "url": "https://perch.example.com/webhooks/bird/0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10"
                     *           },
                     *           "installs": 2,
                     *           "heldInstalls": 1,
                     *           "newestByStatus": {
                     *             "queued": 0,
                     *             "submitting": 0,
                     *             "awaiting_channel": 0,
                     *             "retrying": 0,
                     *             "held": 1,
                     *             "completed": 1,
                     *             "failed": 0,
                     *             "cancelled": 0
                     *           },
                     *           "hasOwnAccessKey": false,
                     *           "lastEventAt": "2026-11-29T07:23:12.254Z",
                     *           "budgetAheadMs": 0
                     *         }
                     *       ],
                     *       "isComplete": true
                     *     }
                     */
                    "application/json": components["schemas"]["WorkspacePage"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWorkspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Bird workspace.
                 * @example 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workspace. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "hold": {
                     *         "reason": "unauthorized",
                     *         "until": "2026-11-29T07:33:12.000Z",
                     *         "since": "2026-11-29T07:23:12.000Z"
                     *       },
                     *       "subscription": {
                     *         "status": "present",
                     *         "checkedAt": "2026-11-29T07:23:12.139Z",
                     *         "url": "https://perch.example.com/webhooks/bird/0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10"
                     *       },
                     *       "installs": 2,
                     *       "heldInstalls": 1,
                     *       "newestByStatus": {
                     *         "queued": 0,
                     *         "submitting": 0,
                     *         "awaiting_channel": 0,
                     *         "retrying": 0,
                     *         "held": 1,
                     *         "completed": 1,
                     *         "failed": 0,
                     *         "cancelled": 0
                     *       },
                     *       "hasOwnAccessKey": false,
                     *       "lastEventAt": "2026-11-29T07:23:12.254Z",
                     *       "budgetAheadMs": 0
                     *     }
                     */
                    "application/json": components["schemas"]["Workspace"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeWorkspace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Bird workspace.
                 * @example 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was lifted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "lifted": {
                     *         "reason": "unauthorized",
                     *         "until": "2026-11-29T07:33:12.000Z",
                     *         "since": "2026-11-29T07:23:12.000Z"
                     *       },
                     *       "woken": 1
                     *     }
                     */
                    "application/json": components["schemas"]["Resumption"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    prepareWorkspace: {
        parameters: {
            query?: {
                /**
                 * @description Make a new subscription although there is one, and delete the old one.
                 * @example false
                 */
                rotate?: boolean;
            };
            header?: never;
            path: {
                /**
                 * @description Bird workspace.
                 * @example 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is there now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "status": "created",
                     *       "url": "https://perch.example.com/webhooks/bird/0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10"
                     *     }
                     */
                    "application/json": components["schemas"]["PreparedWorkspace"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storeAccessKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Bird workspace.
                 * @example 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Write-only: stored sealed, never shown or logged. */
                    accessKey: string;
                };
            };
        };
        responses: {
            /** @description It is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "accessKey": "stored",
                     *       "woken": 1
                     *     }
                     */
                    "application/json": components["schemas"]["AccessKeyChange"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeAccessKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Bird workspace.
                 * @example 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is none any more. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "accessKey": "removed"
                     *     }
                     */
                    "application/json": components["schemas"]["AccessKeyChange"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /**
                 * @description Which of them.
                 * @example refused
                 */
                state?: "unmatched" | "conflict" | "unreadable" | "refused";
                /**
                 * @description Maximum number of items of the page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the previous page; omit it for the first.
                 * @example 1795936992254_MGI2ZjJmMGM6NmM5MDQxNWQ
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "state": "refused",
                     *           "reason": "bad_signature",
                     *           "count": 12,
                     *           "action": "Compare the signing key and WEBHOOK_PUBLIC_URL with the subscription, to the letter.",
                     *           "firstAt": "2026-11-29T07:23:12.139Z",
                     *           "lastAt": "2026-11-29T07:23:12.254Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listUnreadableEvents: {
        parameters: {
            query?: {
                /**
                 * @description Maximum number of items of the page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the previous page; omit it for the first.
                 * @example 1795936992254-0
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "01M8K2ZF340A9VCTMNHBHYFMX8",
                     *           "reason": "The event names no connector and no channel.",
                     *           "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *           "body": "{\"event\":\"channel.created\"}",
                     *           "bytes": 27,
                     *           "arrivedAt": "2026-11-29T07:23:12.254Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["UnreadableEventPage"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listUnmatchedEvents: {
        parameters: {
            query?: {
                /**
                 * @description Maximum number of items of the page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the previous page; omit it for the first.
                 * @example 1795936992254_MGI2ZjJmMGM6NmM5MDQxNWQ
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "connectorId": "6c90415d-c4be-4999-b89c-08055fd9bf3a",
                     *           "channelId": "13b5339b-da44-4b59-a33d-5df436c6a41b",
                     *           "channelStatus": "active",
                     *           "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *           "identifier": "+14155550123",
                     *           "arrivedAt": "2026-11-29T07:23:12.254Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["UnmatchedEventPage"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listNotifications: {
        parameters: {
            query?: {
                /**
                 * @description Only notifications with this status; `failed`: given up.
                 * @example failed
                 */
                status?: "pending" | "delivered" | "failed";
                /**
                 * @description Only notifications about this install.
                 * @example 01M8K2ZEVP0X2NZT5ES65W9MSP
                 */
                installId?: string;
                /**
                 * @description Only notifications about this batch.
                 * @example 01M8K2ZF2SNX0YNH3GT8A2C7GP
                 */
                batchId?: string;
                /**
                 * @description Only notifications to this URL, or with an origin alone to any URL of it.
                 * @example https://crm.example.com/perch
                 */
                url?: string;
                /**
                 * @description Maximum number of items of the page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the previous page; omit it for the first.
                 * @example 1795936992254_msg_01M8K2ZEVP0X2NZT5ES65W9MSP_completed
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of notifications. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "msg_01M8K2ZEVP0X2NZT5ES65W9MSP_completed",
                     *           "type": "install.completed",
                     *           "url": "https://crm.example.com/perch",
                     *           "status": "failed",
                     *           "subjectId": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *           "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *           "attempts": 10,
                     *           "createdAt": "2026-11-29T07:23:12.254Z",
                     *           "lastAttemptAt": "2026-11-29T07:23:12.254Z",
                     *           "lastStatus": 500,
                     *           "lastError": "The receiver answered 500."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["NotificationPage"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getNotification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the notification.
                 * @example msg_01M8K2ZEVP0X2NZT5ES65W9MSP_completed
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The notification. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "msg_01M8K2ZEVP0X2NZT5ES65W9MSP_completed",
                     *       "type": "install.completed",
                     *       "url": "https://crm.example.com/perch",
                     *       "status": "failed",
                     *       "subjectId": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "attempts": 10,
                     *       "createdAt": "2026-11-29T07:23:12.254Z",
                     *       "lastAttemptAt": "2026-11-29T07:23:12.254Z",
                     *       "lastStatus": 500,
                     *       "lastError": "The receiver answered 500.",
                     *       "deliveries": [
                     *         {
                     *           "at": "2026-11-29T07:23:12.254Z",
                     *           "status": 500,
                     *           "durationMs": 42,
                     *           "error": "The receiver answered 500."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["NotificationDetail"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resendNotification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the notification.
                 * @example msg_01M8K2ZEVP0X2NZT5ES65W9MSP_completed
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The notification. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "msg_01M8K2ZEVP0X2NZT5ES65W9MSP_completed",
                     *       "type": "install.completed",
                     *       "url": "https://crm.example.com/perch",
                     *       "status": "pending",
                     *       "subjectId": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "attempts": 10,
                     *       "createdAt": "2026-11-29T07:23:12.254Z",
                     *       "lastAttemptAt": "2026-11-29T07:23:12.254Z",
                     *       "lastStatus": 500,
                     *       "lastError": "The receiver answered 500.",
                     *       "nextAttemptAt": "2026-11-29T07:40:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Notification"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listConnectLinks: {
        parameters: {
            query?: {
                /**
                 * @description Only links of these statuses, with commas between.
                 * @example [
                 *       "open",
                 *       "opened"
                 *     ]
                 */
                status?: ("open" | "opened" | "signing_up" | "connected" | "cancelled_by_customer" | "failed" | "expired" | "revoked")[];
                /**
                 * @description Only links of this workspace.
                 * @example 0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10
                 */
                workspaceId?: string;
                /**
                 * @description Maximum number of items of the page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the previous page; omit it for the first.
                 * @example 1795936992254_lnk_01M8K2ZEVQ0C5Y3N8T2B7R4XWD
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of links. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "lnk_01M8K2ZEVQ0C5Y3N8T2B7R4XWD",
                     *           "status": "open",
                     *           "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *           "name": "Acme support",
                     *           "metadata": {
                     *             "customer": "42"
                     *           },
                     *           "requestedBy": "crm",
                     *           "createdAt": "2026-11-29T07:23:12.139Z",
                     *           "expiresAt": "2026-12-06T07:23:12.139Z",
                     *           "updatedAt": "2026-11-29T07:23:12.139Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ConnectLinkPage"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createConnectLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: uuid
                     * @description Bird workspace the number is installed into.
                     */
                    workspaceId: string;
                    /** @description Name of the connector in Bird. */
                    name: string;
                    /**
                     * Format: uuid
                     * @description Bird's id of a number bought at Bird; omit it for your own number.
                     */
                    mbPhoneId?: string;
                    /** @description Invitation token; never shown again. */
                    invitationToken?: string;
                    /** @description Passed on to Bird. */
                    channelConversationalStatusEnabled?: boolean;
                    /** @description Install again although the number is completed in this workspace. */
                    reinstall?: boolean;
                    /** @description Texts of your own, returned untouched; at most 2048 bytes as JSON. */
                    metadata?: {
                        [key: string]: string;
                    };
                    /** @description Address to notify of this install's outcome, in addition to NOTIFY_URL. https. */
                    callbackUrl?: string;
                    channelWebhooks?: {
                        url: string;
                        /**
                         * @default [
                         *       "whatsapp.inbound",
                         *       "whatsapp.outbound",
                         *       "whatsapp.interaction"
                         *     ]
                         */
                        events?: ("whatsapp.inbound" | "whatsapp.outbound" | "whatsapp.interaction")[];
                        /** @description Key Bird signs these webhooks with; never shown again. */
                        signingKey: string;
                    };
                    /**
                     * @description How long the link can be used, seconds; default 7 days, at most 30.
                     * @default 604800
                     */
                    expiresInSeconds?: number;
                    /** @description Where the page sends the customer at the end; https, on a host of CONNECT_REDIRECT_HOSTS. */
                    redirectUrl?: string;
                };
            };
        };
        responses: {
            /** @description The link with its address. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "lnk_01M8K2ZEVQ0C5Y3N8T2B7R4XWD",
                     *       "url": "https://connect.example.com/c/lnk_01M8K2ZEVQ0C5Y3N8T2B7R4XWD#kJ8vQ2mB5xR7tY1nW4cZ9dF3gH6jK0lPsA2uV5oE",
                     *       "expiresAt": "2026-12-06T07:23:12.139Z",
                     *       "status": "open"
                     *     }
                     */
                    "application/json": components["schemas"]["NewConnectLink"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getConnectLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the connect link.
                 * @example lnk_01M8K2ZEVQ0C5Y3N8T2B7R4XWD
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "lnk_01M8K2ZEVQ0C5Y3N8T2B7R4XWD",
                     *       "status": "connected",
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "name": "Acme support",
                     *       "metadata": {
                     *         "customer": "42"
                     *       },
                     *       "requestedBy": "crm",
                     *       "createdAt": "2026-11-29T07:23:12.139Z",
                     *       "expiresAt": "2026-12-06T07:23:12.139Z",
                     *       "updatedAt": "2026-11-29T07:23:12.254Z",
                     *       "installId": "01M8K2ZEVP0X2NZT5ES65W9MSP",
                     *       "signupEvent": "FINISH",
                     *       "openedAt": "2026-11-29T07:23:12.139Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ConnectLink"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeConnectLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the connect link.
                 * @example lnk_01M8K2ZEVQ0C5Y3N8T2B7R4XWD
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "lnk_01M8K2ZEVQ0C5Y3N8T2B7R4XWD",
                     *       "status": "revoked",
                     *       "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
                     *       "name": "Acme support",
                     *       "metadata": {
                     *         "customer": "42"
                     *       },
                     *       "requestedBy": "crm",
                     *       "createdAt": "2026-11-29T07:23:12.139Z",
                     *       "expiresAt": "2026-12-06T07:23:12.139Z",
                     *       "updatedAt": "2026-11-29T07:23:12.139Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ConnectLink"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listNotificationReceivers: {
        parameters: {
            query?: {
                /**
                 * @description Maximum number of items of the page.
                 * @example 20
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The receivers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "url": "https://crm.example.com/perch",
                     *           "isCallback": false,
                     *           "delivered": 42,
                     *           "pending": 0,
                     *           "failing": 1,
                     *           "dead": 2,
                     *           "successRate": 0.933,
                     *           "lastAttemptAt": "2026-11-29T07:23:12.254Z",
                     *           "lastStatus": 500,
                     *           "lastError": "The receiver answered 500."
                     *         }
                     *       ],
                     *       "counted": 45,
                     *       "isComplete": true
                     *     }
                     */
                    "application/json": components["schemas"]["NotificationReceivers"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resendNotifications: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The receiver, as the list of receivers shows it. */
                    url?: string;
                    /**
                     * @description Those of every receiver.
                     * @enum {boolean}
                     */
                    all?: true;
                    /** @description Only counts them. */
                    dryRun?: boolean;
                    /** @description `nextCursor` of the call before, to go on from there. */
                    cursor?: string;
                };
            };
        };
        responses: {
            /** @description How many there are, and were sent again. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "matched": 2,
                     *       "resent": 2,
                     *       "refused": [],
                     *       "isComplete": true
                     *     }
                     */
                    "application/json": components["schemas"]["NotificationsResend"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sendTestEvent: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The receiver, as the list of receivers shows it. */
                    url: string;
                };
            };
        };
        responses: {
            /** @description How the receiver answered. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "msg_test_01KB6Z3V9N1YF0T4C8M2R5W7XE",
                     *       "isDelivered": true,
                     *       "status": 204,
                     *       "durationMs": 42
                     *     }
                     */
                    "application/json": components["schemas"]["TestEventResult"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runDoctor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The findings, also when some of them fail. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true,
                     *       "ranAt": "2026-11-29T07:23:12.254Z",
                     *       "checks": [
                     *         {
                     *           "id": "redis_persistence",
                     *           "status": "warn",
                     *           "summary": "Redis writes to disk with appendfsync everysec: a crash of its machine loses what was acknowledged last.",
                     *           "fix": "Run \"redis-cli CONFIG SET appendfsync always\" and put \"appendfsync always\" into its configuration."
                     *         },
                     *         {
                     *           "id": "redis",
                     *           "status": "ok",
                     *           "summary": "The Redis at REDIS_URL answers."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DoctorReport"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "crm",
                     *       "scopes": [
                     *         "write"
                     *       ],
                     *       "allows": [
                     *         "read",
                     *         "messages",
                     *         "write"
                     *       ],
                     *       "signedInBy": "apiKey",
                     *       "version": "0.1.0",
                     *       "isSandbox": false,
                     *       "redis": "rediss://redis.internal:6379/0"
                     *     }
                     */
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description One of API_KEYS; it is not stored. */
                    apiKey: string;
                };
            };
        };
        responses: {
            /** @description The session; its cookie is set. */
            200: {
                headers: {
                    /** @description The session: HttpOnly, SameSite=Strict, and Secure unless it is called by a loopback name. */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "crm",
                     *       "scopes": [
                     *         "write"
                     *       ],
                     *       "allows": [
                     *         "read",
                     *         "messages",
                     *         "write"
                     *       ],
                     *       "signedInBy": "session",
                     *       "endsAt": "2026-11-29T19:23:12.139Z",
                     *       "version": "0.1.0",
                     *       "isSandbox": false,
                     *       "redis": "rediss://redis.internal:6379/0"
                     *     }
                     */
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session has ended. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "signedOut": true
                     *     }
                     */
                    "application/json": components["schemas"]["SignedOut"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStats: {
        parameters: {
            query?: {
                /**
                 * @description How many hours, the one under way among them.
                 * @example 48
                 */
                hours?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "at": "2026-11-29T07:23:12.254Z",
                     *       "now": {
                     *         "inFlight": 3,
                     *         "installs": {
                     *           "queued": 1,
                     *           "submitting": 1,
                     *           "awaiting_channel": 1,
                     *           "retrying": 0,
                     *           "held": 0,
                     *           "completed": 40,
                     *           "failed": 2,
                     *           "cancelled": 0
                     *         },
                     *         "paused": 0,
                     *         "oldestMs": {
                     *           "waiting": 120,
                     *           "overdue": 0,
                     *           "event": 0,
                     *           "unmatched": 0,
                     *           "notification": 0,
                     *           "outcome": 0
                     *         },
                     *         "heldWorkspaces": {
                     *           "rate_limited": 0,
                     *           "unauthorized": 0
                     *         },
                     *         "events": {
                     *           "unmatched": 0,
                     *           "notConsumed": 0,
                     *           "unreadable": 0
                     *         },
                     *         "notifications": {
                     *           "pending": 0,
                     *           "delivered": 42,
                     *           "dead": 0
                     *         },
                     *         "batches": {
                     *           "running": 1,
                     *           "paused": 0,
                     *           "halted": 0
                     *         },
                     *         "pace": {
                     *           "endedLastMinute": 42,
                     *           "ready": 1,
                     *           "finishMs": 1429
                     *         },
                     *         "processes": [
                     *           {
                     *             "role": "start",
                     *             "host": "perch-1",
                     *             "processId": 4711,
                     *             "shards": 1,
                     *             "seenAt": "2026-11-29T07:23:12.139Z"
                     *           }
                     *         ],
                     *         "redis": [
                     *           {
                     *             "server": "127.0.0.1:6379",
                     *             "usedBytes": 12582912,
                     *             "limitBytes": 1073741824
                     *           }
                     *         ]
                     *       },
                     *       "hours": [
                     *         {
                     *           "from": "2026-11-29T07:00:00.000Z",
                     *           "isOver": false,
                     *           "created": 45,
                     *           "kept": {
                     *             "completed": 40,
                     *             "failed": 2
                     *           },
                     *           "ended": {
                     *             "completed": 40,
                     *             "failed": 2,
                     *             "cancelled": 0
                     *           },
                     *           "failuresByCode": [
                     *             {
                     *               "code": "rejected_by_bird",
                     *               "count": 2
                     *             }
                     *           ],
                     *           "createToEvent": {
                     *             "count": 40,
                     *             "p50Ms": 50,
                     *             "p95Ms": 95,
                     *             "buckets": [
                     *               {
                     *                 "upToMs": 100,
                     *                 "count": 40
                     *               }
                     *             ]
                     *           },
                     *           "birdAnswers": {
                     *             "429": 0,
                     *             "2xx": 40,
                     *             "3xx": 0,
                     *             "4xx": 2,
                     *             "5xx": 0,
                     *             "unanswered": 0,
                     *             "not_sent": 0,
                     *             "withheld": 0
                     *           }
                     *         }
                     *       ],
                     *       "countedEveryMs": 5000
                     *     }
                     */
                    "application/json": components["schemas"]["Stats"];
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followStats: {
        parameters: {
            query?: {
                /**
                 * @description How many hours, the one under way among them.
                 * @example 48
                 */
                hours?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example retry: 3000
                     *
                     *     event: stats
                     *     data: {"at":"2026-11-29T07:23:12.254Z","now":{"inFlight":3,"installs":{"queued":1,"submitting":1,"awaiting_channel":1,"retrying":0,"held":0,"completed":40,"failed":2,"cancelled":0},"paused":0,"oldestMs":{"waiting":120,"overdue":0,"event":0,"unmatched":0,"notification":0,"outcome":0},"heldWorkspaces":{"rate_limited":0,"unauthorized":0},"events":{"unmatched":0,"notConsumed":0,"unreadable":0},"notifications":{"pending":0,"delivered":42,"dead":0},"batches":{"running":1,"paused":0,"halted":0},"pace":{"endedLastMinute":42,"ready":1,"finishMs":1429},"processes":[{"role":"start","host":"perch-1","processId":4711,"shards":1,"seenAt":"2026-11-29T07:23:12.139Z"}],"redis":[{"server":"127.0.0.1:6379","usedBytes":12582912,"limitBytes":1073741824}]},"hours":[{"from":"2026-11-29T07:00:00.000Z","isOver":false,"created":45,"kept":{"completed":40,"failed":2},"ended":{"completed":40,"failed":2,"cancelled":0},"failuresByCode":[{"code":"rejected_by_bird","count":2}],"createToEvent":{"count":40,"p50Ms":50,"p95Ms":95,"buckets":[{"upToMs":100,"count":40}]},"birdAnswers":{"429":0,"2xx":40,"3xx":0,"4xx":2,"5xx":0,"unanswered":0,"not_sent":0,"withheld":0}}],"countedEveryMs":5000}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description What is wrong, as RFC 9457 has it. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
