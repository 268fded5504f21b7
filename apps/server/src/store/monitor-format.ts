/** The part of the database that monitoring has: readings of the watched metrics, alarms and their history. */

/**
 * An inspection that ends adds its readings in the same transaction, at the time it ended: what was counted is what was recorded.
 * Deleting pictures later takes no reading back: this is what happened, not what is kept.
 */
export const monitorFormat = `
create table readings (
  span integer not null check (span in (60, 3600)),
  project_id text not null references projects (id) on delete cascade,
  metric text not null,
  starts_at integer not null,
  camera_id text not null,
  samples integer not null,
  sum real not null,
  minimum real not null,
  maximum real not null,
  primary key (span, project_id, metric, starts_at, camera_id)
) strict, without rowid;
create index readings_by_age on readings (span, starts_at);

create trigger inspection_read after update of status on inspections
when new.status in ('inspected', 'failed') and old.status not in ('inspected', 'failed') begin
  insert into readings
    select span.seconds, new.project_id, reading.metric,
      new.inspected_at - new.inspected_at % (span.seconds * 1000), new.camera_id, 1, reading.value, reading.value, reading.value
    from (select 60 as seconds union all select 3600) as span,
      (select 'processed' as metric, 1.0 as value
        union all select 'failed', iif(new.status = 'failed', 1.0, 0.0)
        union all select 'anomalies', iif(new.status = 'inspected', new.is_anomalous * 1.0, null)
        union all select 'inferenceTime', iif(new.status = 'inspected', new.inference_ms, null)
        union all select 'inspectionTime',
          iif(new.status = 'inspected', max(0.0, new.inspected_at - new.received_at), null)
        union all select 'score', iif(new.status = 'inspected', new.score, null)) as reading
    where reading.value is not null
    on conflict do update set samples = samples + 1, sum = sum + excluded.sum,
      minimum = min(minimum, excluded.minimum), maximum = max(maximum, excluded.maximum);
end;

create table alarms (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  name text not null collate nocase,
  metric text not null,
  statistic text not null,
  camera_id text,
  comparison text not null,
  threshold real not null,
  period_seconds integer not null,
  evaluation_periods integer not null,
  datapoints_to_alarm integer not null,
  missing_data text not null,
  is_on integer not null check (is_on in (0, 1)),
  notify_on text not null,
  muted_until integer,
  -- Rises with each change of settings: a look that began before it is thrown away.
  revision integer not null default 1,
  state text not null check (state in ('OK', 'ALARM', 'INSUFFICIENT_DATA')),
  reason text not null,
  state_since integer not null,
  judged_until integer,
  evaluated_at integer,
  created_at integer not null,
  unique (project_id, name)
) strict;

-- In the order in which they were noticed: a clock that is set back does not mix them up.
create table alarm_changes (
  number integer primary key autoincrement,
  alarm_id text not null references alarms (id) on delete cascade,
  changed_at integer not null,
  from_state text not null,
  to_state text not null,
  reason text not null,
  is_told integer not null check (is_told in (0, 1))
) strict;
create index alarm_changes_of_alarm on alarm_changes (alarm_id, number);

-- Which alarms a project was given at first: one that a person deleted does not come back.
create table given_alarms (
  project_id text not null references projects (id) on delete cascade,
  kind text not null,
  primary key (project_id, kind)
) strict, without rowid;
`;
