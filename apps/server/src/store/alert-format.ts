/** Database format 5: recipients who confirm, targets, rules, the alerts that digests count, and an outbox for any kind of action. */

/** Whoever got mails before goes on getting them: they count as confirmed. */
export const alertFormat = `
create table recipients (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  address text not null collate nocase,
  status text not null check (status in ('asked', 'confirmed', 'left')),
  asked_at integer not null,
  confirmed_at integer,
  left_at integer,
  unique (project_id, address)
) strict;
insert or ignore into recipients (id, project_id, address, status, asked_at, confirmed_at, left_at)
  select '0' || substr(upper(hex(randomblob(13))), 2), projects.id, named.value, 'confirmed', projects.created_at,
    projects.created_at, null
  from projects, json_each(projects.recipients) as named;
alter table projects drop column recipients;
alter table projects add column digest_seconds integer not null default 300;

create table targets (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  kind text not null,
  name text not null,
  settings text not null,
  sealed_secret text,
  is_enabled integer not null check (is_enabled in (0, 1)),
  created_at integer not null,
  changed_at integer not null
) strict;
create index targets_of_project on targets (project_id, id);

create table rules (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  kind text not null,
  bound real,
  label text,
  outcome text not null check (outcome in ('mail', 'target', 'review')),
  target_id text references targets (id) on delete cascade,
  is_enabled integer not null check (is_enabled in (0, 1)),
  created_at integer not null,
  check ((outcome = 'target') = (target_id is not null))
) strict;
create index rules_of_project on rules (project_id, id);
create index rules_of_target on rules (target_id) where target_id is not null;

-- Each alert of a camera, under the alert that opened its span of time: the first is mailed at once, the rest as one digest.
create table alerts (
  project_id text not null references projects (id) on delete cascade,
  camera_id text not null,
  opened_at integer not null,
  inspection_id text not null references inspections (id) on delete cascade,
  title text not null,
  reasons text not null,
  is_mailed integer not null check (is_mailed in (0, 1)),
  primary key (project_id, camera_id, opened_at, inspection_id)
) strict, without rowid;
create unique index alerts_of_inspection on alerts (inspection_id);

create table actions_5 (
  id text primary key,
  kind text not null,
  -- Who is sent to: one that is slow or away holds up no other.
  lane text not null,
  inspection_id text references inspections (id) on delete set null,
  project_id text not null references projects (id) on delete cascade,
  target_id text references targets (id) on delete set null,
  recipient_id text references recipients (id) on delete set null,
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
insert into actions_5 (id, kind, lane, inspection_id, project_id, target_id, recipient_id, idempotency_key, status,
    attempts, next_attempt_at, created_at, delivered_at, summary, payload, last_error)
  select id, kind, kind, inspection_id, project_id, null, null, idempotency_key, status,
    attempts, next_attempt_at, created_at, delivered_at, summary, payload, last_error
  from actions;
drop table actions;
alter table actions_5 rename to actions;
create index actions_by_status on actions (status, id);
create index actions_due on actions (lane, next_attempt_at) where status = 'pending';
create index actions_of_inspection on actions (inspection_id) where inspection_id is not null;
create index actions_of_project on actions (project_id, id);
create index actions_of_target on actions (target_id, status, id) where target_id is not null;
create index actions_of_recipient on actions (recipient_id) where recipient_id is not null;
create index actions_delivered on actions (delivered_at) where status = 'delivered';
`;
