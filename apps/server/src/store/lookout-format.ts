/** Database format with unlabelled pictures, masks, where a picture came from, access keys, and what the Lookout for Vision API keeps beside our own records. */

/** `samples` is rebuilt because its check on `kind` changes; nobody refers to it. */
export const lookoutFormat = `
create table samples_3 (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  name text not null,
  kind text not null check (kind in ('label', 'labels', 'boxes', 'none')),
  label text check ((label is not null) = (kind = 'label')),
  labels text not null,
  boxes text check ((boxes is not null) = (kind = 'boxes')),
  part text not null check (part in ('train', 'test', 'auto')),
  image_sha256 text not null,
  image_bytes integer not null,
  format text not null check (format in ('jpeg', 'png')),
  width integer not null,
  height integer not null,
  added_at integer not null,
  source_ref text,
  source_line text,
  mask_sha256 text,
  mask_types text check ((mask_types is null) = (mask_sha256 is null))
) strict;
insert into samples_3 (id, project_id, name, kind, label, labels, boxes, part, image_sha256, image_bytes, format, width,
    height, added_at)
  select id, project_id, name, kind, label, labels, boxes, part, image_sha256, image_bytes, format, width,
    height, added_at
  from samples;
drop table samples;
alter table samples_3 rename to samples;
create index samples_of_project on samples (project_id, id);
create index samples_by_label on samples (project_id, label, part, id);
create unique index samples_by_picture on samples (image_sha256, project_id);
create unique index samples_by_source on samples (project_id, source_ref) where source_ref is not null;
create index samples_by_mask on samples (mask_sha256) where mask_sha256 is not null;

create table access_keys (
  id text primary key,
  access_key_id text not null unique,
  user_id text not null references users (id) on delete cascade,
  sealed_secret text not null,
  created_at integer not null,
  revoked_at integer,
  last_used_at integer
) strict;
create index access_keys_of_user on access_keys (user_id);

-- What a dataset of the Lookout API is beyond its pictures, which are samples. "pending": the change being worked on, for the next start.
create table lookout_datasets (
  project_id text not null references projects (id) on delete cascade,
  type text not null check (type in ('train', 'test')),
  created_at integer not null,
  updated_at integer not null,
  status text not null,
  message text not null,
  pending text,
  primary key (project_id, type)
) strict, without rowid;

-- What a version of the Lookout API is beyond our job and our model: asked for before there is a model.
create table lookout_models (
  project_id text not null references projects (id) on delete cascade,
  version integer not null,
  job_id text,
  created_at integer not null,
  description text,
  output_bucket text,
  output_prefix text,
  kms_key_id text,
  evaluated_at integer,
  evaluation_problem text,
  hosting text check (hosting in ('starting', 'hosted', 'stopping', 'failed')),
  hosting_message text,
  min_units integer,
  max_units integer,
  primary key (project_id, version)
) strict, without rowid;
create index lookout_models_by_job on lookout_models (job_id) where job_id is not null;

create table lookout_tags (
  project_id text not null references projects (id) on delete cascade,
  version integer not null,
  key text not null,
  value text not null,
  primary key (project_id, version, key)
) strict, without rowid;

create table packaging_jobs (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  name text not null,
  version integer not null,
  description text,
  configuration text not null,
  status text not null check (status in ('CREATED', 'RUNNING', 'SUCCEEDED', 'FAILED')),
  message text not null,
  output text,
  created_at integer not null,
  updated_at integer not null,
  unique (project_id, name)
) strict;

create table client_tokens (
  access_key_id text not null,
  operation text not null,
  token text not null,
  fingerprint text not null,
  status integer not null,
  reply text not null,
  created_at integer not null,
  primary key (access_key_id, operation, token)
) strict, without rowid;
create index client_tokens_by_age on client_tokens (created_at);
`;
