import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { deploymentSchema, resourceSchema } from "./kubernetes-schema.ts";
import { readText, repository, yamlDocuments } from "./repository.ts";
import type { RoleName } from "./settings-of-roles.ts";

const folder = "deploy/kubernetes";

/** Every resource of the manifests, as written: kustomize is not on every machine. */
export const manifests = ["base", "keda", "monitoring"].flatMap((part) =>
  readdirSync(join(repository, folder, part))
    .filter((file) => file !== "kustomization.yaml")
    .flatMap((file) => yamlDocuments(readText(`${folder}/${part}/${file}`)))
    .map((document) => ({ document, ...resourceSchema.parse(document) })),
);

/** Those of one kind. */
export const manifestsOf = <T>(kind: string, schema: z.ZodType<T>): readonly T[] =>
  manifests.flatMap((each) => (each.kind === kind ? [schema.parse(each.document)] : []));

/** The Deployment of a role, and its one container. */
export const deploymentOf = (role: RoleName) => {
  const deployment = manifestsOf("Deployment", deploymentSchema).find(
    ({ metadata }) => metadata.name === `perch-${role}`,
  );
  if (deployment === undefined) throw new Error(`no Deployment perch-${role}`);
  const { template, ...spec } = deployment.spec;
  return {
    ...spec,
    labels: template.metadata.labels,
    pod: template.spec,
    container: template.spec.containers[0],
  };
};
