import type { InputIssue } from "./errors/input-error.ts";
import type { Install } from "./install.ts";
import type { InstallRequest } from "./request.ts";
import { isSameNumber } from "./values/phone-number.ts";

type NumberMember = "phoneNumber" | "wabaId";

/**
 * The `phoneId` of a request has a current install in its workspace with another number or WABA, so one of the two is
 * wrong. Nothing was enqueued.
 */
export class NumberMismatchError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "number_mismatch";
  /** The current install. */
  readonly installId: string;
  /** Members in which the request differs from it. */
  readonly fields: readonly NumberMember[];

  constructor(installId: string, fields: readonly NumberMember[]) {
    super(
      `The phoneId has install ${installId} with another ${fields.join(" and ")}: correct what is wrong here, or cancel or uninstall that install first.`,
    );
    this.name = "NumberMismatchError";
    this.installId = installId;
    this.fields = fields;
  }

  /** The same in the form of an `InputError`. */
  get issues(): readonly InputIssue[] {
    return this.fields.map((field) => ({
      path: `/${field}`,
      message: `differs from that of install ${this.installId}, which has the same phoneId`,
    }));
  }
}

/** Compares a request with the current install of its `phoneId`; undefined when both are of one number. */
export const numberMismatch = (
  request: Pick<InstallRequest, NumberMember>,
  install: Pick<Install, NumberMember | "id">,
): NumberMismatchError | undefined => {
  const fields: NumberMember[] = [];
  if (!isSameNumber(request.phoneNumber, install.phoneNumber)) fields.push("phoneNumber");
  if (request.wabaId !== install.wabaId) fields.push("wabaId");
  return fields.length === 0 ? undefined : new NumberMismatchError(install.id, fields);
};
