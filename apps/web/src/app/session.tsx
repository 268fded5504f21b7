/** Who is signed in and what that role may do, taken from the route table so that pages and server never disagree. */
import { addresses } from "@sightline/api/addresses";
import type { Me } from "@sightline/api/people";
import type { RouteName } from "@sightline/api/routes";
import { createContext, useContext } from "react";

const SessionContext = createContext<Me | undefined>(undefined);
export const SessionProvider = SessionContext.Provider;

export function useMe(): Me {
  const me = useContext(SessionContext);
  if (me === undefined) throw new Error("useMe is used outside of the signed-in part of the application.");
  return me;
}

export interface Permission {
  allowed: boolean;
  /** Why not, for a tooltip; empty when allowed. */
  reason: string;
}

export function useMay(route: RouteName): Permission {
  return mayCall(route, useMe().role);
}

export function mayCall(route: RouteName, role: Me["role"]): Permission {
  const { access } = addresses[route];
  if (typeof access === "string" || access.includes(role)) return { allowed: true, reason: "" };
  const who = access.includes("operator") ? "an operator or an admin" : "an admin";
  return { allowed: false, reason: `You are signed in as ${role}. Ask ${who} to do this.` };
}
