// A program as somebody would write it with the client; run by TypeScriptClientSpec against a running service.
import assert from "node:assert/strict";
import { createSchemaHub, dataOf, everyItem, SchemaHubError } from "../src/index.js";
import { pagesOf } from "./lists.js";

const [baseUrl, token, episode] = process.argv.slice(2);
assert(baseUrl && token && episode, "Give the address, a token and an episode.");
const api = createSchemaHub({ baseUrl, token });

// A contact, with the consent it brought.
const added = dataOf(
  await api.POST("/api/v1/contacts", { body: { email: "ann@example.com", name: "Ann", consent: {} } }),
);
const ann = dataOf(await api.GET("/api/v1/contacts/{id}", { params: { path: { id: added.id } } }));
assert.equal(ann.id, added.id);
assert.equal(ann.email, "ann@example.com");

// A campaign of a template: an id is the same number in every answer.
const saved = dataOf(
  await api.POST("/api/v1/backstage/email-templates", { body: { name: "Letter", subject: "Hello", isDraft: true } }),
);
const template = dataOf(
  await api.GET("/api/v1/backstage/email-templates/{id}", { params: { path: { id: saved.id } } }),
);
assert.equal(template.id, saved.id);
const drafted = dataOf(await api.POST("/api/v1/campaigns", { body: { name: "Spring", templateId: template.id } }));
const campaign = dataOf(await api.GET("/api/v1/campaigns/{id}", { params: { path: { id: drafted.id } } }));
assert.equal(campaign.templateId, saved.id);
assert.equal(campaign.status, "draft");

// A page of each list, and one list to its end.
const pages = pagesOf(api, { contact: ann.id, campaign: campaign.id, episode });
for (const [path, read] of pages) {
  const { data, error, response } = await read();
  assert(data, `${path}: ${response.status} ${JSON.stringify(error)}`);
  assert(data.items.length <= 1, path);
}

dataOf(await api.POST("/api/v1/contacts", { body: { email: "bob@example.com" } }));
const emails: string[] = [];
for await (const contact of everyItem((after) =>
  api.GET("/api/v1/contacts", { params: { query: after === undefined ? { limit: 1 } : { limit: 1, after } } }),
)) {
  emails.push(contact.email ?? "erased");
}

assert.deepEqual(emails, ["ann@example.com", "bob@example.com"]);

// A refusal has a code that programs decide by.
const again = await api.POST("/api/v1/contacts", { body: { email: "ann@example.com" } });
assert.throws(
  () => dataOf(again),
  (refused) =>
    refused instanceof SchemaHubError && refused.status === 409 && refused.problem?.code === "contact.exists",
);
console.log(`${pages.length} lists`);
