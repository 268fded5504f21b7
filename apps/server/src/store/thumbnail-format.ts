/** Thumbnails are made when somebody looks: the records name them no more, and the sweep at the next start removes their files. */
export const thumbnailFormat = `
drop index inspections_by_thumbnail;
alter table inspections drop column thumbnail_sha256;
`;
