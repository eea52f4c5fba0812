import createFetchClient, { type Client, type ClientOptions } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { components, operations, paths } from "./schema.js";

/** A refusal (RFC 9457). Decide by `code`, which is stable. */
export type Problem = components["schemas"]["Problem"];

/** The service's whole API: `GET`, `POST`, `PUT` and `DELETE` with the paths of its OpenAPI document. */
export type SchemaHub = Client<paths>;

/** Where the service is, and who calls. */
export interface SchemaHubOptions extends Omit<ClientOptions, "baseUrl" | "headers"> {
  /** Such as `https://lists.example.org`, without `/api/v1`. */
  baseUrl: string;

  /** An API key (`sk_live_…`) or a person's access token (`at_…`). */
  token: string;
}

/** A page of a list. */
export interface Page<Item> {
  items: Item[];

  /** What to give as `after` for the page after this one; null or absent at the end. */
  next?: string | null;
}

/** Makes a client. It keeps no connection and no state; one serves a whole program. */
export function createSchemaHub({ token, ...options }: SchemaHubOptions): SchemaHub {
  return createFetchClient<paths>({ ...options, headers: { Authorization: `Bearer ${token}` } });
}

/**
 * All items of a list, page after page.
 *
 * @param read Reads the page that follows `after`; the first one where it is undefined.
 * @throws SchemaHubError where a page is refused.
 */
export async function* everyItem<Item>(
  read: (after: string | undefined) => Promise<{ data?: Page<Item>; error?: Problem; response: Response }>,
): AsyncGenerator<Item> {
  let after: string | undefined;
  do {
    const page = dataOf(await read(after));
    yield* page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/**
 * The data of an answer.
 *
 * @throws SchemaHubError where it is a refusal.
 */
export function dataOf<Data>(answer: { data?: Data; error?: Problem; response: Response }): Data {
  if (answer.data === undefined) {
    throw new SchemaHubError(answer.response.status, answer.error);
  }

  return answer.data;
}

/** The service refused. */
export class SchemaHubError extends Error {
  /** The HTTP status. */
  readonly status: number;

  /** What the service said; undefined where something between it and the program answered. */
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined) {
    super(problem?.detail ?? `The service answered with ${status}.`);
    this.name = "SchemaHubError";
    this.status = status;
    this.problem = problem;
  }
}
