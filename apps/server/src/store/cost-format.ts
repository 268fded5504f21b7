/** Database format in which a project keeps what its mistakes cost. */

export const costFormat = `
alter table projects add column mistake_costs text;
`;
