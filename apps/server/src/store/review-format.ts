/** What reviewing adds to the database: trials, pictures that wait for a person's word, comparisons, and which version served when. */

export const reviewFormat = `
alter table samples add column origin text not null default 'added' check (origin in ('added', 'review', 'trial'));

create table trials (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  model_id text not null,
  model_version integer not null,
  source text not null check (source in ('pictures', 'inspections', 'shadow')),
  threshold real not null,
  max_pictures integer not null,
  skipped integer not null default 0,
  created_at integer not null,
  created_by text not null,
  ended_at integer
) strict;
create index trials_of_project on trials (project_id, id);
create unique index one_shadow_a_project on trials (project_id) where source = 'shadow' and ended_at is null;

create table reviews (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  trial_id text references trials (id) on delete cascade,
  -- No reference: the inspection may be deleted while a person still has to look at its picture.
  inspection_id text,
  reason text not null check (reason in ('lowConfidence', 'rule', 'trial', 'person')),
  note text not null,
  status text not null check (status in ('queued', 'open', 'agreed', 'said', 'dismissed', 'failed')),
  name text not null,
  image_sha256 text not null,
  image_bytes integer not null,
  image_format text not null check (image_format in ('jpeg', 'png')),
  image_width integer not null,
  image_height integer not null,
  heat_map_sha256 text,
  answer text,
  served text,
  is_differing integer not null default 0 check (is_differing in (0, 1)),
  failure_code text,
  failure_message text,
  word text check (word in ('correct', 'wrong')),
  annotation text,
  said_at integer,
  said_by text,
  sample_id text,
  -- What was said of the labelled picture before, where it was there already.
  sample_before text,
  created_at integer not null
) strict;
create index reviews_of_project on reviews (project_id, status, id);
create index reviews_of_trial on reviews (trial_id, status, id) where trial_id is not null;
create index reviews_queued on reviews (id) where status = 'queued';
create unique index one_review_an_inspection on reviews (inspection_id)
  where trial_id is null and inspection_id is not null;
create unique index one_inspection_a_trial on reviews (trial_id, inspection_id)
  where trial_id is not null and inspection_id is not null;
create unique index one_picture_a_trial on reviews (trial_id, image_sha256)
  where trial_id is not null and inspection_id is null;
create index reviews_by_picture on reviews (image_sha256);
create index reviews_by_heat_map on reviews (heat_map_sha256) where heat_map_sha256 is not null;

create table comparisons (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  base_model_id text not null,
  base_version integer not null,
  candidate_model_id text not null,
  candidate_version integer not null,
  status text not null check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  progress real not null,
  step text not null,
  created_at integer not null,
  created_by text not null,
  ended_at integer,
  result text,
  error_code text,
  error_message text
) strict;
create index comparisons_of_project on comparisons (project_id, id);

create table deployments (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  model_id text not null,
  model_version integer not null,
  kind text not null check (kind in ('start', 'rollback')),
  -- Where a rollback from this one leads: the deployment in whose place it came.
  previous_id text,
  started_at integer not null,
  started_by text not null,
  ended_at integer,
  ended_by text,
  ending text check (ending in ('replaced', 'rolledBack', 'stopped'))
) strict;
create unique index one_deployment_a_project on deployments (project_id) where ended_at is null;
create index deployments_of_project on deployments (project_id, id);
-- Which version ran before is not known; the one that runs now began with its first threshold since the last other one.
insert into deployments (id, project_id, model_id, model_version, kind, previous_id, started_at, started_by)
  select coalesce(began.id, models.id), projects.id, models.id, models.version, 'start', null,
    coalesce(began.changed_at, models.created_at), coalesce(began.changed_by, 'unknown')
  from projects join models on models.id = projects.running_model_id
  left join threshold_changes as began on began.id = (
    select min(own.id) from threshold_changes as own
    where own.project_id = projects.id and own.model_id = projects.running_model_id and own.id > coalesce((
      select max(other.id) from threshold_changes as other
      where other.project_id = projects.id and other.model_id <> projects.running_model_id), ''));
`;
