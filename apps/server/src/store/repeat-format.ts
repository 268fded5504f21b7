/** Database format with evaluations that train a version's method again: how many folds and seeds were asked for. */
export const repeatFormat = `
alter table evaluations add column folds integer;
alter table evaluations add column seeds integer;
`;
