/** The part of the database that came with alarms that name whom they tell, and with drift of features. */

/**
 * A receiver that is removed is named no longer; an alarm that named nobody else then tells nobody, since `tells_all` says so.
 * An embedding is kept per training picture; of an inspected one only its distance, with the training pictures it was measured by.
 */
export const watchFormat = `
alter table alarms add column tells_all integer not null default 1 check (tells_all in (0, 1));

create table alarm_receivers (
  alarm_id text not null references alarms (id) on delete cascade,
  recipient_id text references recipients (id) on delete cascade,
  target_id text references targets (id) on delete cascade,
  check ((recipient_id is null) <> (target_id is null)),
  unique (alarm_id, recipient_id),
  unique (alarm_id, target_id)
) strict;
create index alarm_receivers_by_recipient on alarm_receivers (recipient_id) where recipient_id is not null;
create index alarm_receivers_by_target on alarm_receivers (target_id) where target_id is not null;

create table sample_embeddings (
  sample_id text primary key references samples (id) on delete cascade,
  backbone text not null,
  embedding text not null
) strict, without rowid;

create table inspection_distances (
  inspection_id text primary key references inspections (id) on delete cascade,
  measured_by text not null,
  distance real not null
) strict, without rowid;
`;
