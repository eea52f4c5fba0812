// Writes a call of every list in the OpenAPI document, so that the compiler checks each of them by its literal path.
import { readFileSync, writeFileSync } from "node:fs";

const [document, target] = process.argv.slice(2);
const { paths } = JSON.parse(readFileSync(document, "utf8"));
const lists = Object.entries(paths)
  .filter(([, operations]) => operations.get?.parameters?.some((parameter) => parameter.name === "limit"))
  .map(([path]) => path);

const idOf = (path) =>
  path.includes("/contacts/") ? "ids.contact" : path.includes("/episodes/") ? "ids.episode" : "ids.campaign";
const calls = lists.map((path) => {
  const of = path.includes("{id}") ? `path: { id: ${idOf(path)} }, ` : "";
  return `  [
    "${path}",
    () =>
      api.GET("${path}", {
        params: { ${of}query: { limit: 1 } },
      }),
  ],`;
});

writeFileSync(
  target,
  `// Generated from the service's OpenAPI document by scripts/lists.mjs. Do not edit.
import type { SchemaHub } from "../src/index.js";

/** Things that some lists are of. */
export interface Ids {
  contact: number;
  campaign: number;
  episode: string;
}

/** A page of every list. */
export const pagesOf = (api: SchemaHub, ids: Ids) => [
${calls.join("\n")}
] as const;
`,
);
