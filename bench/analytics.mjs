/** `npm run bench -- analytics`: counting over a million results, each query as the analytics page asks it. */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const asks =
  "a million results of 30 days in the result files: every question of the analytics page within a second";

const root = join(import.meta.dirname, "..");
const load = (name) => import(join(root, "apps/server/dist", name));
const DAY_MS = 86_400_000;
const days = 30;
const askedMs = 1000;
/** Of the whole page: its questions at once, as a browser asks them. */
const pageAskedMs = 2000;
/** Each is asked so often; the median counts. */
const times = 5;

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options `--quick`: a tenth of the results. */
export async function run({ say = console.error, args = [] } = {}) {
  const results = args.includes("--quick") ? 100_000 : 1_000_000;
  const folder = mkdtempSync(join(tmpdir(), "sightline-analytics-"));
  const { openCore, addLine } = await load("test-fixtures.js");
  const core = await openCore(folder, { config: { analytics: { flushSeconds: 3600, timeZone: "Europe/Berlin" } } });
  try {
    const { projectId } = await addLine(core);
    const toMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    say(`writing ${results} results of ${days} days`);
    await writeDays({ core, projectId, toMs, results });
    await addTruths(core, projectId);
    // What the page itself asks, and the dearest that anybody can.
    const { questions } = await import(join(root, "apps/web/dist-test/src/features/analytics/questions.js"));
    const count = async (groupBy) => {
      const { groups } = await core.analytics.count({ projectId, fromMs: toMs - days * DAY_MS, toMs }, groupBy, 10_000);
      const counted = groups.reduce((sum, { inspected }) => sum + inspected, 0);
      if (!groupBy.includes("defect") && groups.length < 10_000 && counted !== results)
        throw new Error(`by ${groupBy}: ${counted} of ${results} were counted`);
    };
    const timed = async (what, work, limitMs) => {
      const taken = [];
      for (let i = 0; i < times; i++) {
        const beganAt = performance.now();
        await work();
        taken.push(performance.now() - beganAt);
      }
      const medianMs = taken.toSorted((a, b) => a - b)[Math.floor(times / 2)];
      return {
        what: `${results.toLocaleString("en-US")} results, ${what}`,
        asked: `≤ ${limitMs} ms`,
        measured: `${medianMs.toFixed(0)} ms`,
        isMet: medianMs <= limitMs,
      };
    };
    const rows = [];
    for (const groupBy of [...Object.values(questions), ["hour", "camera", "line"]]) {
      rows.push(await timed(`by ${groupBy.join(", ")}`, () => count(groupBy), askedMs));
    }
    const { days: overTime, places, defects, confidences } = questions;
    const page = () => Promise.all([overTime, places, defects, confidences].map(count));
    rows.push(await timed("the whole page, its four questions at once", page, pageAskedMs));
    return rows;
  } finally {
    await core.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A Parquet file a day with a row in the catalogue, as the writer leaves days that are over. */
async function writeDays({ core, projectId, toMs, results }) {
  const require = createRequire(join(root, "apps/server/package.json"));
  const { DuckDBInstance } = await import(require.resolve("@duckdb/node-api"));
  const { mkdirSync, statSync } = await import("node:fs");
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const { pictureKey } = await load("analytics/result-sql.js");
  const aDay = results / days;
  for (let day = 0; day < days; day++) {
    const startsAtMs = toMs - (days - day) * DAY_MS;
    const path = `parquet/castings/bench/day-${day}.parquet`;
    const file = join(core.config.dataFolder, "analytics", path);
    mkdirSync(dirname(file), { recursive: true });
    const first = Math.floor(day * aDay);
    const count = Math.floor((day + 1) * aDay) - first;
    const stepMs = DAY_MS / count;
    await connection.run(`copy (
      select *, ${pictureKey.sql} as ${pictureKey.name} from (select 'cam-' || (n % 20) as CameraId, to_timestamp((${startsAtMs} + (n - ${first}) * ${stepMs}) / 1000.0) as DateTime,
        'line-' || (n % 4) as AssemblyLineId, 'http://plant.test/api/inspections/' || n || '/image' as ImageUrl,
        'part-' || n as ImageId, random() < 0.04 as IsAnomalous, random() as Confidence, uuid()::varchar as InspectionId,
        '${projectId}' as ProjectId, 'castings' as Project, null::timestamptz as CapturedAt,
        to_timestamp((${startsAtMs} + (n - ${first}) * ${stepMs} + 50) / 1000.0) as InspectedAt,
        'normal' as Label, ['normal'] as Labels,
        case when random() < 0.04 then [['scratch', 'dent', 'hole', 'stain'][1 + n % 4]] else [] end as Defects,
        random() as Score, 0.5::double as Threshold, 3 as ModelVersion, 12.5 + random() as InferenceMs,
        random() < 0.01 as IsRepeat, sha256(n::varchar) as ImageSha256
      from range(${first}, ${first + count}) as numbers(n))
    ) to '${file}' (format parquet, compression zstd)`);
    await core.store.write((tx) =>
      tx.results.advance("parquet", 0, [
        {
          kind: "parquet",
          projectId,
          path,
          startsAtMs,
          level: 9,
          firstAtMs: startsAtMs,
          lastAtMs: startsAtMs + DAY_MS - 1,
          rows: count,
          bytes: statSync(file).size,
        },
      ]),
    );
  }
}

/** People said of 2,000 pictures what they are. */
async function addTruths(core, projectId) {
  const { createHash } = await import("node:crypto");
  await core.store.write(async (tx) => {
    for (let i = 0; i < 2000; i++) {
      const sha256 = createHash("sha256")
        .update(String(i * 50))
        .digest("hex");
      await tx.samples.insert({
        projectId,
        name: `said-${i}`,
        annotation: { kind: "label", label: i % 3 === 0 ? "anomaly" : "normal" },
        part: "test",
        picture: { sha256, bytes: 1, format: "jpeg", width: 1, height: 1 },
      });
    }
  });
}
