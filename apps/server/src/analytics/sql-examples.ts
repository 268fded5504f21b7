/** Questions that people ask of results, as SQL to begin from. */

import type { SqlExample } from "@sightline/api/analytics";

export const sqlExamples: readonly SqlExample[] = [
  {
    title: "The latest results, with every column",
    sql: "select * from results order by DateTime desc limit 50",
  },
  {
    title: "Anomaly rate by camera and week",
    sql: `select CameraId, date_trunc('week', DateTime) as Week, count(*) as Pictures,
  round(100 * avg(IsAnomalous::int), 2) as AnomalyPercent
from results
group by all order by Week desc, AnomalyPercent desc`,
  },
  {
    title: "Parts judged differently when seen again",
    sql: `select ImageId, list(Label order by DateTime) as Verdicts, min(DateTime) as First, max(DateTime) as Last
from results
group by ImageId having count(distinct Label) > 1
order by Last desc limit 100`,
  },
  {
    title: "Escapes: judged normal, and a person says otherwise",
    sql: `select results.DateTime, results.CameraId, results.ImageId, results.Score, truths.Labels as Truth, results.ImageUrl
from results join truths using (ProjectId, ImageSha256)
where truths.IsAnomaly and not results.IsAnomalous
order by results.DateTime desc`,
  },
  {
    title: "Versions compared: how sure, how fast, how many anomalies",
    sql: `select Project, ModelVersion, count(*) as Pictures, round(avg(Confidence), 3) as Confidence,
  round(quantile_cont(InferenceMs, 0.95), 1) as InferenceMs95, round(100 * avg(IsAnomalous::int), 2) as AnomalyPercent
from results
group by all order by Project, ModelVersion`,
  },
  {
    title: "Defects that occur together in one picture",
    sql: `with found as (select InspectionId, unnest(Defects) as Defect from results)
select a.Defect as One, b.Defect as Other, count(*) as Pictures
from found a join found b on a.InspectionId = b.InspectionId and a.Defect < b.Defect
group by all order by Pictures desc`,
  },
  {
    title: "How close scores lie to the threshold",
    sql: `select CameraId, count(*) filter (where abs(Score - Threshold) < 0.05) as Close, count(*) as Pictures
from results
group by all order by Close desc`,
  },
];
