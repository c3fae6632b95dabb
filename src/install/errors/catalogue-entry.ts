/** Who has to act: the operator of Perch (`us`), the operator of the Bird workspace, the number's owner, or Bird. */
export const actors = ["us", "operator", "customer", "bird"] as const;

export interface CatalogueEntry {
  readonly message: string;
  readonly actor: (typeof actors)[number];
  /** What that party does next. */
  readonly action: string;
  /** The source of the rule behind the code. */
  readonly source: string;
  /** Whether the same install may succeed when it is retried after `action`. */
  readonly retryable: boolean;
}
