import assert from "node:assert/strict";
import { test } from "node:test";
import { createSchemaWatch } from "../../app/static/label/later/schema.js";
import { SCHEMA } from "./asks.mjs";
import { makePage } from "./page.mjs";

const GROWN = { ...SCHEMA, landmarks: [...SCHEMA.landmarks, "ring"], attributes: [...SCHEMA.attributes, { name: "mood", kind: "classes", classes: ["a", "b"] }] };

async function watched(schema, { fetchProject = async () => ({ schema, schema_version: 2 }), ...part } = {}) {
  const page = await makePage({ kinds: ["landmarks"], ...part });
  const heard = createSchemaWatch({ store: page.store, fetchProject, onGrown: () => page.session.choose(page.store.state.mode) });
  return { ...page, heard };
}

test("a page takes over what was added, also for the shown image, and its next answer says so", async () => {
  const { heard, store, shown, session, sent, look } = await watched(GROWN);
  for (const name of SCHEMA.landmarks) store.dispatch({ type: "point_placed", name, x: 1, y: 2 });
  assert.equal(shown().active, null);

  await heard(2);

  assert.equal(shown().active, "ring");
  assert.match(store.state.notice.text, /New in this project: ring/);
  store.dispatch({ type: "point_placed", x: 5, y: 6 });
  session.submit();
  await look();
  assert.deepEqual([sent[0].body.schema_version, sent[0].body.points.at(-1).name], [2, "ring"]);
});

test("a question that was added is asked from then on", async () => {
  const { heard, shown, store, session, look } = await watched(GROWN, { kinds: ["mood", "side"] });
  assert.equal(shown().ask.kind, "side");

  await heard(2);
  const seen = [];
  for (let n = 0; n < 8; n += 1) {
    seen.push(shown().ask.kind);
    session.answer(null);
    await look();
  }

  assert.ok(seen.includes("mood"));
  assert.equal(store.state.schemaVersion, 2);
});

test("an ask of the same schema asks nothing; a fetch that fails is tried with the next ask", async (context) => {
  context.mock.method(console, "warn", () => {});
  let tries = 0;
  const fetchProject = async () => {
    tries += 1;
    if (tries === 1) throw new Error("offline");
    return { schema: GROWN, schema_version: 2 };
  };
  const { heard, store } = await watched(GROWN, { fetchProject });

  await heard(undefined);
  assert.equal(tries, 0);
  await heard(2);
  assert.equal(store.state.schema, SCHEMA);
  await heard(2);
  await heard(2);

  assert.deepEqual([tries, store.state.schema], [2, GROWN]);
});

test("where something went away the page keeps its questions and says once to reload", async () => {
  const { heard, store } = await watched({ ...SCHEMA, landmarks: SCHEMA.landmarks.slice(1) });

  await heard(2);

  assert.equal(store.state.schema, SCHEMA);
  assert.match(store.state.notice.text, /Reload/);
  store.dispatch({ type: "notice_shown", text: "" });
  await heard(2);
  assert.equal(store.state.notice.text, "");
});
