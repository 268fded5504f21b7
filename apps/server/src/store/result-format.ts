/** Database format: results on their way into the result files, and the catalogue of those files. */

/**
 * A result is copied when its verdict is recorded, because retention may delete the inspection before the result is in the files.
 * `sequence` is never used twice and rises in the order of commits: a cursor over it neither skips nor repeats.
 */
export const resultFormat = `
create table results (
  sequence integer primary key autoincrement,
  inspection_id text not null,
  project_id text not null references projects (id) on delete cascade,
  camera_id text not null,
  assembly_line_id text not null,
  image_id text not null,
  captured_at integer,
  received_at integer not null,
  inspected_at integer not null,
  label text not null,
  labels text not null,
  anomalies text,
  is_anomalous integer check (is_anomalous in (0, 1)),
  score real,
  confidence real,
  model_version integer,
  threshold real,
  inference_ms real,
  image_sha256 text not null,
  is_repeat integer not null check (is_repeat in (0, 1))
) strict;
create index results_of_project on results (project_id);
create index results_of_inspection on results (inspection_id);

create table result_files (
  id text primary key,
  kind text not null check (kind in ('json', 'parquet')),
  project_id text not null references projects (id) on delete cascade,
  path text not null unique,
  starts_at integer not null,
  level integer not null,
  first_at integer not null,
  last_at integer not null,
  row_count integer not null,
  bytes integer not null
) strict;
create index result_files_of_project on result_files (project_id, kind, starts_at);

-- Results that a person deleted and that may still stand in files.
create table result_deletions (
  inspection_id text primary key,
  project_id text not null references projects (id) on delete cascade,
  received_at integer not null
) strict, without rowid;
create index result_deletions_of_project on result_deletions (project_id);

-- The same part again: an earlier picture of the same image id from the same camera, up to a day before.
create index inspections_by_image on inspections (camera_id, image_id, id);

create trigger inspection_has_result after update of status on inspections
when new.status = 'inspected' and old.status <> 'inspected' begin
  insert into results (inspection_id, project_id, camera_id, assembly_line_id, image_id, captured_at, received_at,
      inspected_at, label, labels, anomalies, is_anomalous, score, confidence, model_version, threshold, inference_ms,
      image_sha256, is_repeat)
    values (new.id, new.project_id, new.camera_id, new.assembly_line_id, new.image_id, new.captured_at,
      new.received_at, coalesce(new.inspected_at, new.received_at), coalesce(new.label, ''),
      coalesce(new.labels, '[]'), new.anomalies, new.is_anomalous, new.score, new.confidence, new.model_version, new.threshold,
      new.inference_ms, new.image_sha256,
      exists (select 1 from inspections as earlier
        where earlier.camera_id = new.camera_id and earlier.image_id = new.image_id and earlier.id < new.id
          and earlier.project_id = new.project_id and earlier.received_at >= new.received_at - 86400000));
end;

-- What was inspected before there were result files.
insert into results (inspection_id, project_id, camera_id, assembly_line_id, image_id, captured_at, received_at,
    inspected_at, label, labels, anomalies, is_anomalous, score, confidence, model_version, threshold, inference_ms,
    image_sha256, is_repeat)
  select id, project_id, camera_id, assembly_line_id, image_id, captured_at, received_at,
    coalesce(inspected_at, received_at), coalesce(label, ''), coalesce(labels, '[]'), anomalies, is_anomalous, score, confidence,
    model_version, threshold, inference_ms, image_sha256,
    exists (select 1 from inspections as earlier
      where earlier.camera_id = inspections.camera_id and earlier.image_id = inspections.image_id
        and earlier.id < inspections.id and earlier.project_id = inspections.project_id
        and earlier.received_at >= inspections.received_at - 86400000)
  from inspections where status = 'inspected' order by id;
`;
