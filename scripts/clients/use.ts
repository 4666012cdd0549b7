// Uses the types that openapi-typescript made of the server's document, with openapi-fetch: `tsc` checks each request and
// each field of each answer, and the run checks that they are there.
//
//     node use.js URL KEY

import createClient from "openapi-fetch";
import type { components, paths } from "./midband.js";

const [url, key] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: url, headers: { "X-API-Key": key } });

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

const pairs: components["schemas"]["PairIn"][] = [
  { id: "one", a: "heart attack", b: "myocardial infarction" },
  { id: "two", a: "heart attack", b: "broken toe" },
];

const scored = await client.POST("/score", { body: { pairs, policy: "band", deadline_ms: 5000 } });
if (!scored.data) throw new Error(`score: ${scored.error.detail}`);
const decision: "match" | "no_match" | "review" = scored.data.scores[0].decision;
check(decision === "review", "a decision");
check(scored.data.summary.pairs === 2 && scored.data.provenance.judge === "none", "summary and provenance");

const report = await client.POST("/analyze-json", { body: { pairs } });
check(report.data?.scores.length === 2 && report.data.routes !== undefined, "a report");

const refused = await client.POST("/verdicts", { body: { pairs } });
check(refused.error?.status === 503, "a problem");

const made = await client.POST("/jobs", { body: { pairs }, params: { header: { "Idempotency-Key": "from TypeScript" } } });
if (!made.data) throw new Error(`job: ${made.error.detail}`);
const params = { path: { id: made.data.id } };
for (let tries = 0; ; tries += 1) {
  const job = await client.GET("/jobs/{id}", { params });
  const state: "queued" | "running" | "finished" | "failed" | undefined = job.data?.state;
  if (state === "finished") break;
  check(state !== "failed" && tries < 600, `the job is ${state}`);
  await new Promise((wake) => setTimeout(wake, 200));
}
const scores = await client.GET("/jobs/{id}/scores", { params });
check(scores.data?.scores.map((row) => row.id).join() === "one,two", "a job's scores");
console.log("the generated TypeScript client: all answers are of their types");
