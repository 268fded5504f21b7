/** Database format 2: pictures with several labels or boxes, counts per label found, trainings with curves that can be stopped and resumed. */

/** Tables that nobody refers to are rebuilt where a check or a column changes; the counts are kept under their labels. */
export const secondFormat = `
create table models_2 (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  version integer not null,
  method text not null,
  task text not null check (task in ('anomaly', 'classification', 'multilabel', 'detection')),
  labels text not null,
  created_at integer not null,
  size_bytes integer not null,
  sha256 text not null,
  source text not null check (source in ('trained', 'uploaded')),
  train_images integer not null,
  metrics text,
  candidates text not null,
  scores text not null,
  roc text not null,
  unique (project_id, version)
) strict;
insert into models_2 (id, project_id, version, method, task, labels, created_at, size_bytes, sha256, source,
    train_images, metrics, candidates, scores, roc)
  select id, project_id, version, method, task, labels, created_at, size_bytes, sha256, source,
    train_images, metrics, candidates, scores, roc
  from models;
drop table models;
alter table models_2 rename to models;
create index models_by_file on models (sha256);

create table samples_2 (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  name text not null,
  kind text not null check (kind in ('label', 'labels', 'boxes')),
  label text check ((label is not null) = (kind = 'label')),
  labels text not null,
  boxes text check ((boxes is not null) = (kind = 'boxes')),
  part text not null check (part in ('train', 'test', 'auto')),
  image_sha256 text not null,
  image_bytes integer not null,
  format text not null check (format in ('jpeg', 'png')),
  width integer not null,
  height integer not null,
  added_at integer not null
) strict;
insert into samples_2 (id, project_id, name, kind, label, labels, boxes, part, image_sha256, image_bytes, format,
    width, height, added_at)
  select id, project_id, name, 'label', label, json_array(label), null, part, image_sha256, image_bytes, format,
    width, height, added_at
  from samples;
drop table samples;
alter table samples_2 rename to samples;
create index samples_of_project on samples (project_id, id);
create index samples_by_label on samples (project_id, label, part, id);
create unique index samples_by_picture on samples (image_sha256, project_id);

create table jobs_2 (
  id text primary key,
  kind text not null check (kind in ('train')),
  project_id text not null references projects (id) on delete cascade,
  status text not null check (status in ('queued', 'running', 'stopped', 'succeeded', 'failed', 'cancelled')),
  progress real not null,
  step text not null,
  seconds_left real,
  metric_name text,
  epochs integer,
  latest text,
  created_at integer not null,
  created_by text not null,
  started_at integer,
  ended_at integer,
  model_id text,
  error_code text,
  error_message text,
  parameters text not null,
  attempts integer not null default 0
) strict;
insert into jobs_2 (id, kind, project_id, status, progress, step, created_at, created_by, started_at, ended_at,
    model_id, error_code, error_message, parameters, attempts)
  select id, kind, project_id, status, progress, step, created_at, created_by, started_at, ended_at,
    model_id, error_code, error_message, parameters, attempts
  from jobs;
drop table jobs;
alter table jobs_2 rename to jobs;
create index jobs_of_project on jobs (project_id, id);
create index jobs_unended on jobs (status, id) where status in ('queued', 'running');

create table training_points (
  job_id text not null references jobs (id) on delete cascade,
  epoch integer not null,
  point text not null,
  primary key (job_id, epoch)
) strict, without rowid;

-- An inspection's labels as a list (one-line label: "2 RBC, 1 WBC"), and its boxes.
alter table inspections add column labels text;
alter table inspections add column detections text;
update inspections set labels = json_array(label) where label is not null;

-- Where the one-line label is not the label itself: which labels were found, for the list's filter.
create table inspection_labels (
  label text not null,
  inspection_id text not null references inspections (id) on delete cascade,
  primary key (label, inspection_id)
) strict, without rowid;
create index inspection_labels_of_inspection on inspection_labels (inspection_id);

drop trigger inspection_ended;
drop trigger inspection_requeued;
drop trigger ended_inspection_removed;
drop trigger inspection_counts_emptied;

-- Counts of pictures, and apart from them counts per label: a picture with three labels is one picture.
create table inspection_label_counts (
  span integer not null check (span in (60, 3600)),
  starts_at integer not null,
  project_id text not null references projects (id) on delete cascade,
  camera_id text not null,
  assembly_line_id text not null,
  label text not null,
  count integer not null,
  primary key (span, starts_at, project_id, camera_id, assembly_line_id, label)
) strict, without rowid;
create index inspection_label_counts_of_project on inspection_label_counts (project_id);
insert into inspection_label_counts (span, starts_at, project_id, camera_id, assembly_line_id, label, count)
  select span, starts_at, project_id, camera_id, assembly_line_id, label, count from inspection_counts
  where status = 'inspected';

create table inspection_counts_2 (
  span integer not null check (span in (60, 3600)),
  starts_at integer not null,
  project_id text not null references projects (id) on delete cascade,
  camera_id text not null,
  assembly_line_id text not null,
  status text not null,
  count integer not null,
  anomalous integer not null,
  inference_ms real not null,
  primary key (span, starts_at, project_id, camera_id, assembly_line_id, status)
) strict, without rowid;
insert into inspection_counts_2
  select span, starts_at, project_id, camera_id, assembly_line_id, status, sum(count), sum(anomalous), sum(inference_ms)
  from inspection_counts group by span, starts_at, project_id, camera_id, assembly_line_id, status;
drop table inspection_counts;
alter table inspection_counts_2 rename to inspection_counts;
create index inspection_counts_of_project on inspection_counts (project_id);

create trigger inspection_ended after update of status on inspections
when new.status in ('inspected', 'failed') and old.status not in ('inspected', 'failed') begin
  insert into inspection_counts
    select span.seconds, new.received_at - new.received_at % (span.seconds * 1000), new.project_id, new.camera_id,
      new.assembly_line_id, new.status, 1, coalesce(new.is_anomalous, 0), coalesce(new.inference_ms, 0.0)
    from (select 60 as seconds union all select 3600) as span
    where true
    on conflict do update set count = count + 1, anomalous = anomalous + excluded.anomalous,
      inference_ms = inference_ms + excluded.inference_ms;
  insert into inspection_label_counts
    select span.seconds, new.received_at - new.received_at % (span.seconds * 1000), new.project_id, new.camera_id,
      new.assembly_line_id, found.value, 1
    from (select 60 as seconds union all select 3600) as span,
      json_each(case when new.labels = '[]' then '["none"]' else new.labels end) as found
    where new.status = 'inspected'
    on conflict do update set count = count + 1;
  insert or ignore into inspection_labels
    select found.value, new.id from json_each(new.labels) as found
    where new.status = 'inspected' and new.labels <> json_array(new.label);
end;
create trigger inspection_requeued after update of status on inspections
when old.status in ('inspected', 'failed') and new.status not in ('inspected', 'failed') begin
  update inspection_counts set count = count - 1, anomalous = anomalous - coalesce(old.is_anomalous, 0),
      inference_ms = inference_ms - coalesce(old.inference_ms, 0.0)
    where (span, starts_at) in (values (60, old.received_at - old.received_at % 60000), (3600, old.received_at - old.received_at % 3600000))
      and project_id = old.project_id and camera_id = old.camera_id and assembly_line_id = old.assembly_line_id
      and status = old.status;
  update inspection_label_counts set count = count - 1
    where (span, starts_at) in (values (60, old.received_at - old.received_at % 60000), (3600, old.received_at - old.received_at % 3600000))
      and project_id = old.project_id and camera_id = old.camera_id and assembly_line_id = old.assembly_line_id
      and old.status = 'inspected'
      and label in (select value from json_each(case when old.labels = '[]' then '["none"]' else old.labels end));
  delete from inspection_labels where inspection_id = old.id;
end;
create trigger ended_inspection_removed after delete on inspections
when old.status in ('inspected', 'failed') begin
  update inspection_counts set count = count - 1, anomalous = anomalous - coalesce(old.is_anomalous, 0),
      inference_ms = inference_ms - coalesce(old.inference_ms, 0.0)
    where (span, starts_at) in (values (60, old.received_at - old.received_at % 60000), (3600, old.received_at - old.received_at % 3600000))
      and project_id = old.project_id and camera_id = old.camera_id and assembly_line_id = old.assembly_line_id
      and status = old.status;
  update inspection_label_counts set count = count - 1
    where (span, starts_at) in (values (60, old.received_at - old.received_at % 60000), (3600, old.received_at - old.received_at % 3600000))
      and project_id = old.project_id and camera_id = old.camera_id and assembly_line_id = old.assembly_line_id
      and old.status = 'inspected'
      and label in (select value from json_each(case when old.labels = '[]' then '["none"]' else old.labels end));
end;
create trigger inspection_counts_emptied after update of count on inspection_counts when new.count <= 0 begin
  delete from inspection_counts
    where span = new.span and starts_at = new.starts_at and project_id = new.project_id and camera_id = new.camera_id
      and assembly_line_id = new.assembly_line_id and status = new.status;
end;
create trigger inspection_label_counts_emptied after update of count on inspection_label_counts when new.count <= 0 begin
  delete from inspection_label_counts
    where span = new.span and starts_at = new.starts_at and project_id = new.project_id and camera_id = new.camera_id
      and assembly_line_id = new.assembly_line_id and label = new.label;
end;
`;
