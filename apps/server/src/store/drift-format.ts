/** The part of the database that drift has: figures of pictures, computed once, and what was found of each camera last. */
export const driftFormat = `
create table inspection_figures (
  inspection_id text primary key references inspections (id) on delete cascade,
  figures text not null
) strict, without rowid;

create table sample_figures (
  sample_id text primary key references samples (id) on delete cascade,
  figures text not null
) strict, without rowid;

create table camera_drifts (
  camera_id text primary key references cameras (id) on delete cascade,
  project_id text not null references projects (id) on delete cascade,
  found text not null
) strict, without rowid;
create index camera_drifts_of_project on camera_drifts (project_id);
`;
