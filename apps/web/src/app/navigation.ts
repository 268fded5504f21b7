/** The places one can go to, in the order of the side bar. */
import {
  mdiAccountKeyOutline,
  mdiCctv,
  mdiClipboardTextSearchOutline,
  mdiCubeScan,
  mdiEmailOutline,
  mdiFolderMultipleImage,
  mdiImageSearchOutline,
  mdiViewDashboardOutline,
} from "@mdi/js";
import type { RouteName } from "@sightline/api/routes";

export interface Place {
  to: string;
  title: string;
  icon: string;
  /** Shown only to roles that may call this route. */
  needs: RouteName;
  /** In the bar at the bottom of a phone. */
  onPhoneBar: boolean;
}

export const places: readonly Place[] = [
  { to: "/", title: "Dashboard", icon: mdiViewDashboardOutline, needs: "getStats", onPhoneBar: true },
  {
    to: "/inspections",
    title: "Inspections",
    icon: mdiClipboardTextSearchOutline,
    needs: "listInspections",
    onPhoneBar: true,
  },
  { to: "/try", title: "Try it", icon: mdiImageSearchOutline, needs: "predict", onPhoneBar: true },
  { to: "/projects", title: "Projects", icon: mdiFolderMultipleImage, needs: "listProjects", onPhoneBar: true },
  { to: "/models", title: "Models", icon: mdiCubeScan, needs: "listModels", onPhoneBar: false },
  { to: "/cameras", title: "Cameras", icon: mdiCctv, needs: "listCameras", onPhoneBar: false },
  { to: "/mails", title: "Mails", icon: mdiEmailOutline, needs: "listActions", onPhoneBar: false },
  { to: "/people", title: "People & tokens", icon: mdiAccountKeyOutline, needs: "listTokens", onPhoneBar: false },
];

export function isAt(place: Place, pathname: string): boolean {
  return place.to === "/" ? pathname === "/" : pathname === place.to || pathname.startsWith(`${place.to}/`);
}
