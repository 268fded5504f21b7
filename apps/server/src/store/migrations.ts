/** The numbered steps that bring a database file to the current format. A step that was released is never edited: a change is a new step. */

import { alertFormat } from "./alert-format.js";
import { costFormat } from "./cost-format.js";
import { defectsFormat } from "./defects-format.js";
import { driftFormat } from "./drift-format.js";
import { evaluationFormat } from "./evaluation-format.js";
import { lookoutFormat } from "./lookout-format.js";
import { monitorFormat } from "./monitor-format.js";
import { repeatFormat } from "./repeat-format.js";
import { resultFormat } from "./result-format.js";
import { reviewFormat } from "./review-format.js";
import { secondFormat } from "./second-format.js";
import { thumbnailFormat } from "./thumbnail-format.js";
import { watchFormat } from "./watch-format.js";

export interface Migration {
  /** Consecutive from 1; kept in `PRAGMA user_version`. */
  readonly version: number;
  readonly title: string;
  readonly sql: string;
}

const first = `
create table projects (
  id text primary key,
  name text not null unique collate nocase,
  created_at integer not null,
  is_sample integer not null check (is_sample in (0, 1)),
  running_model_id text,
  threshold real not null,
  recipients text not null,
  alert_confidence real not null,
  next_model_version integer not null default 1,
  inspections integer not null default 0,
  stored_bytes integer not null default 0
) strict;

create table threshold_changes (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  changed_at integer not null,
  changed_by text not null,
  model_id text,
  threshold real not null
) strict;
create index threshold_changes_of_project on threshold_changes (project_id, id);

create table samples (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  name text not null,
  label text not null,
  part text not null check (part in ('train', 'test', 'auto')),
  image_sha256 text not null,
  image_bytes integer not null,
  format text not null check (format in ('jpeg', 'png')),
  width integer not null,
  height integer not null,
  added_at integer not null
) strict;
create index samples_of_project on samples (project_id, id);
create index samples_by_label on samples (project_id, label, part, id);
create unique index samples_by_picture on samples (image_sha256, project_id);

create table models (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  version integer not null,
  method text not null,
  task text not null check (task in ('anomaly', 'classification')),
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
create index models_by_file on models (sha256);

create table jobs (
  id text primary key,
  kind text not null check (kind in ('train')),
  project_id text not null references projects (id) on delete cascade,
  status text not null check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  progress real not null,
  step text not null,
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
create index jobs_of_project on jobs (project_id, id);
create index jobs_unended on jobs (status, id) where status in ('queued', 'running');

create table cameras (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  name text not null,
  assembly_line_id text not null,
  created_at integer not null,
  last_image_at integer,
  inspections integer not null default 0
) strict;
create index cameras_of_project on cameras (project_id, id);

create table tokens (
  id text primary key,
  name text not null,
  role text not null check (role in ('admin', 'operator', 'viewer', 'device')),
  secret_hash text not null unique,
  camera_ids text not null,
  created_at integer not null,
  expires_at integer,
  revoked_at integer,
  last_used_at integer
) strict;

create table users (
  id text primary key,
  name text not null unique collate nocase,
  role text not null check (role in ('admin', 'operator', 'viewer')),
  created_at integer not null
) strict;

create table sign_in_codes (
  code_hash text primary key,
  user_id text not null references users (id) on delete cascade,
  created_at integer not null,
  expires_at integer not null
) strict;
create index sign_in_codes_of_user on sign_in_codes (user_id);
create index sign_in_codes_by_expiry on sign_in_codes (expires_at);

create table sessions (
  secret_hash text primary key,
  user_id text not null references users (id) on delete cascade,
  created_at integer not null,
  expires_at integer not null
) strict;
create index sessions_of_user on sessions (user_id);
create index sessions_by_expiry on sessions (expires_at);

create table signing_keys (
  id text primary key,
  sealed_secret text not null,
  created_at integer not null,
  retired_at integer
) strict;

create table uploads (
  id text primary key,
  inspection_id text not null,
  image_sha256 text not null,
  expires_at integer not null
) strict;
create index uploads_by_expiry on uploads (expires_at);

create table inspections (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  camera_id text not null,
  assembly_line_id text not null,
  image_id text not null,
  status text not null check (status in ('queued', 'waiting', 'inspected', 'failed')),
  captured_at integer,
  received_at integer not null,
  inspected_at integer,
  label text,
  is_anomalous integer check (is_anomalous in (0, 1)),
  score real,
  confidence real,
  model_id text,
  model_version integer,
  threshold real,
  inference_ms real,
  attempts integer not null default 0,
  failure_code text,
  failure_message text,
  image_sha256 text not null,
  image_bytes integer not null,
  image_format text not null check (image_format in ('jpeg', 'png')),
  image_width integer not null,
  image_height integer not null,
  thumbnail_sha256 text,
  heat_map_sha256 text
) strict;
create index inspections_of_project on inspections (project_id, id);
create index inspections_of_project_by_label on inspections (project_id, label, id);
create index inspections_of_project_by_status on inspections (project_id, status, id) where status <> 'inspected';
create index inspections_of_camera on inspections (camera_id, id);
create index inspections_of_camera_by_label on inspections (camera_id, label, id);
create index inspections_of_line on inspections (assembly_line_id, id);
create index inspections_of_line_by_label on inspections (assembly_line_id, label, id);
create index inspections_by_label on inspections (label, id);
create index inspections_by_status on inspections (status, id) where status <> 'inspected';
create index inspections_by_picture on inspections (image_sha256);
create index inspections_by_thumbnail on inspections (thumbnail_sha256) where thumbnail_sha256 is not null;
create index inspections_by_heat_map on inspections (heat_map_sha256) where heat_map_sha256 is not null;

-- Ended inspections per minute (span 60) and per hour (span 3600) of arrival: the dashboard's counts read these few rows.
create table inspection_counts (
  span integer not null check (span in (60, 3600)),
  starts_at integer not null,
  project_id text not null references projects (id) on delete cascade,
  camera_id text not null,
  assembly_line_id text not null,
  status text not null,
  label text not null,
  count integer not null,
  anomalous integer not null,
  inference_ms real not null,
  primary key (span, starts_at, project_id, camera_id, assembly_line_id, status, label)
) strict, without rowid;
create index inspection_counts_of_project on inspection_counts (project_id);

create trigger inspection_ended after update of status on inspections
when new.status in ('inspected', 'failed') and old.status not in ('inspected', 'failed') begin
  insert into inspection_counts
    select span.seconds, new.received_at - new.received_at % (span.seconds * 1000), new.project_id, new.camera_id,
      new.assembly_line_id, new.status, coalesce(new.label, ''), 1, coalesce(new.is_anomalous, 0),
      coalesce(new.inference_ms, 0.0)
    from (select 60 as seconds union all select 3600) as span
    where true
    on conflict do update set count = count + 1, anomalous = anomalous + excluded.anomalous,
      inference_ms = inference_ms + excluded.inference_ms;
end;
create trigger inspection_requeued after update of status on inspections
when old.status in ('inspected', 'failed') and new.status not in ('inspected', 'failed') begin
  update inspection_counts set count = count - 1, anomalous = anomalous - coalesce(old.is_anomalous, 0),
      inference_ms = inference_ms - coalesce(old.inference_ms, 0.0)
    where (span, starts_at) in (values (60, old.received_at - old.received_at % 60000), (3600, old.received_at - old.received_at % 3600000))
      and project_id = old.project_id and camera_id = old.camera_id and assembly_line_id = old.assembly_line_id
      and status = old.status and label = coalesce(old.label, '');
end;
create trigger ended_inspection_removed after delete on inspections
when old.status in ('inspected', 'failed') begin
  update inspection_counts set count = count - 1, anomalous = anomalous - coalesce(old.is_anomalous, 0),
      inference_ms = inference_ms - coalesce(old.inference_ms, 0.0)
    where (span, starts_at) in (values (60, old.received_at - old.received_at % 60000), (3600, old.received_at - old.received_at % 3600000))
      and project_id = old.project_id and camera_id = old.camera_id and assembly_line_id = old.assembly_line_id
      and status = old.status and label = coalesce(old.label, '');
end;
create trigger inspection_counts_emptied after update of count on inspection_counts when new.count <= 0 begin
  delete from inspection_counts
    where span = new.span and starts_at = new.starts_at and project_id = new.project_id and camera_id = new.camera_id
      and assembly_line_id = new.assembly_line_id and status = new.status and label = new.label;
end;

create trigger inspection_added after insert on inspections begin
  update projects set inspections = inspections + 1, stored_bytes = stored_bytes + new.image_bytes
    where id = new.project_id;
  update cameras set inspections = inspections + 1, last_image_at = max(coalesce(last_image_at, 0), new.received_at)
    where id = new.camera_id;
end;
create trigger inspection_removed after delete on inspections begin
  update projects set inspections = inspections - 1, stored_bytes = stored_bytes - old.image_bytes
    where id = old.project_id;
  update cameras set inspections = inspections - 1 where id = old.camera_id;
end;

create table actions (
  id text primary key,
  kind text not null check (kind in ('mail')),
  inspection_id text references inspections (id) on delete set null,
  project_id text not null references projects (id) on delete cascade,
  idempotency_key text not null unique,
  status text not null check (status in ('pending', 'delivered', 'parked')),
  attempts integer not null default 0,
  next_attempt_at integer,
  created_at integer not null,
  delivered_at integer,
  summary text not null,
  payload text not null,
  last_error text
) strict;
create index actions_by_status on actions (status, id);
create index actions_due on actions (next_attempt_at) where status = 'pending';
create index actions_of_inspection on actions (inspection_id) where inspection_id is not null;
create index actions_of_project on actions (project_id);

create table settings (
  key text primary key,
  value text not null
) strict;
`;

export const migrations: readonly Migration[] = [
  { version: 1, title: "the first tables", sql: first },
  { version: 2, title: "several labels, boxes and training curves", sql: secondFormat },
  { version: 3, title: "unlabelled pictures, masks, access keys and the Lookout API", sql: lookoutFormat },
  { version: 4, title: "watched metrics and alarms", sql: monitorFormat },
  { version: 5, title: "recipients, targets, rules and digests", sql: alertFormat },
  { version: 6, title: "reviews, trials, comparisons, deployments", sql: reviewFormat },
  { version: 7, title: "figures of pictures, drift of cameras", sql: driftFormat },
  { version: 8, title: "areas and maps of defects", sql: defectsFormat },
  { version: 9, title: "results for the result files", sql: resultFormat },
  { version: 10, title: "thumbnails made when looked at", sql: thumbnailFormat },
  { version: 11, title: "receivers of alarms, drift of features", sql: watchFormat },
  { version: 12, title: "costs of mistakes", sql: costFormat },
  { version: 13, title: "evaluations of versions", sql: evaluationFormat },
  { version: 14, title: "trainings repeated by evaluations", sql: repeatFormat },
];
