import assert from "node:assert/strict";
import type { z } from "zod";
import { openedSchema, sessionSchema } from "../../src/connect/protocol.ts";
import { connectLinkMembers } from "../../src/install/connect-link.ts";
import { createLinks, type Links } from "../../src/queue/links/links.ts";
import { createMakeLink } from "../../src/queue/links/make-link.ts";
import { createSeal } from "../../src/queue/secrets/seal.ts";
import { workspaceId } from "../support/request.ts";
import { quickSettings, type Stack, type StackOptions, withStack } from "../support/stack.ts";

export type SessionRequest = "open" | "started" | "cancelled" | "failed" | "finish" | "status";

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** What a customer's page does with one link. */
export interface Customer {
  readonly id: string;
  readonly secret: string;
  /** Sends a request of the protocol, from the service's own page unless `headers` say otherwise. */
  send(name: SessionRequest, body?: object, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  /** The same, which must be answered with 200. */
  session(name: SessionRequest, body?: object): Promise<z.output<typeof sessionSchema>>;
  open(): Promise<z.output<typeof openedSchema>>;
  /** Asks for the status until it is this one. */
  until(status: string): Promise<z.output<typeof sessionSchema>>;
}

export interface ConnectTest {
  readonly stack: Stack;
  readonly url: string;
  readonly links: Links;
  /** A customer with a new link. */
  customer(change?: object): Promise<Customer>;
  customerOf(link: { readonly id: string; readonly secret: string }): Customer;
}

/** What Meta's window gives; the number is one the simulated Meta shows. */
export const signup = (n: number, code = `CODE-${n}`) => ({
  code,
  wabaId: "102290129340398",
  phoneId: String(106540352242000 + n),
  event: "FINISH",
});

export const withConnect = (
  options: StackOptions,
  run: (test: ConnectTest) => Promise<void>,
): Promise<void> =>
  withStack(options, async (stack) => {
    const { client, keys, producer, sealingKeys, sandbox } = stack;
    const { url } = await stack.startAConnect();
    const { retentionMs } = quickSettings;
    const makeLink = createMakeLink({ client, keys, seal: createSeal(sealingKeys), retentionMs });
    sandbox.addMetaObjects({
      phones: Array.from({ length: 10 }, (_, n) => ({
        phoneId: signup(n).phoneId,
        displayPhoneNumber: `+1 415-555-01${String(n).padStart(2, "0")}`,
      })),
    });
    const customerOf = ({ id, secret }: { readonly id: string; readonly secret: string }): Customer => {
      const send: Customer["send"] = async (name, body = {}, headers = { origin: url }) => {
        const response = await fetch(`${url}/v1/session/${name}`, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify({ link: id, secret, ...body }),
        });
        return { status: response.status, text: await response.text(), headers: response.headers };
      };
      const taken = async (name: SessionRequest, body?: object): Promise<unknown> => {
        const { status, text } = await send(name, body);
        assert.equal(status, 200, text);
        return JSON.parse(text);
      };
      const session: Customer["session"] = async (name, body) => sessionSchema.parse(await taken(name, body));
      return {
        ...{ id, secret, send, session },
        open: async () => openedSchema.parse(await taken("open")),
        until: async (status) => {
          let shown = await session("status");
          while (shown.status !== status) shown = await session("status", { seen: shown.state });
          return shown;
        },
      };
    };
    await run({
      stack,
      url,
      links: createLinks({ client, keys, installs: producer.installs, retentionMs }),
      customerOf,
      customer: async (change = {}) => {
        const request = connectLinkMembers.parse({ workspaceId, name: "Acme", ...change });
        const { link, secret } = await makeLink(request, { requestedBy: "crm" });
        return customerOf({ id: link.id, secret });
      },
    });
  });
