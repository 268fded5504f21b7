/** Database format in which an inspection keeps the kinds of defects that its model showed, and the picture of them. */

export const defectsFormat = `
alter table inspections add column anomalies text;
alter table inspections add column label_map_sha256 text;
create index inspections_by_label_map on inspections (label_map_sha256) where label_map_sha256 is not null;
`;
