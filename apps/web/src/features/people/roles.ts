/** The roles in the words of the plant. */
export const userRoles = [
  { value: "viewer", label: "Viewer: looks at everything" },
  { value: "operator", label: "Operator: trains, starts, sets thresholds" },
  { value: "admin", label: "Admin: also deletes and invites" },
] as const;

export const tokenRoles = [{ value: "device", label: "Device: sends pictures of its cameras" }, ...userRoles] as const;

export type UserRoleChoice = (typeof userRoles)[number]["value"];
export type TokenRoleChoice = (typeof tokenRoles)[number]["value"];
