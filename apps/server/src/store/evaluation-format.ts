/** Database format with evaluations of versions: their reports, as data and as HTML files. */

export const evaluationFormat = `
create table evaluations (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  model_id text not null references models (id) on delete cascade,
  model_version integer not null,
  pictures text not null check (pictures in ('test', 'inspections')),
  defect_rate real,
  status text not null check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  progress real not null,
  step text not null,
  created_at integer not null,
  created_by text not null,
  ended_at integer,
  error_code text,
  error_message text
) strict;
create index evaluations_of_project on evaluations (project_id, id);
create index evaluations_of_model on evaluations (model_id, pictures, id);
create index evaluations_unended on evaluations (id) where status in ('queued', 'running');

-- Apart, so that lists read none of it.
create table evaluation_reports (
  evaluation_id text primary key references evaluations (id) on delete cascade,
  report text not null,
  page text not null
) strict, without rowid;
`;
