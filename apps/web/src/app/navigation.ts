/** The places one can go to, in the order of the side bar. */
import {
  mdiAccountKeyOutline,
  mdiCctv,
  mdiChartBoxOutline,
  mdiCheckDecagramOutline,
  mdiClipboardTextSearchOutline,
  mdiCubeScan,
  mdiEmailOutline,
  mdiFolderMultipleImage,
  mdiImageSearchOutline,
  mdiMonitorEye,
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
  /** Other addresses that belong to it. */
  parts?: readonly string[];
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
  {
    to: "/review",
    title: "Review",
    icon: mdiCheckDecagramOutline,
    needs: "listReviews",
    onPhoneBar: false,
    parts: ["/trials"],
  },
  { to: "/try", title: "Try it", icon: mdiImageSearchOutline, needs: "predict", onPhoneBar: true },
  { to: "/projects", title: "Projects", icon: mdiFolderMultipleImage, needs: "listProjects", onPhoneBar: true },
  { to: "/models", title: "Models", icon: mdiCubeScan, needs: "listModels", onPhoneBar: false },
  { to: "/analytics", title: "Analytics", icon: mdiChartBoxOutline, needs: "getAnalytics", onPhoneBar: false },
  { to: "/cameras", title: "Cameras", icon: mdiCctv, needs: "listCameras", onPhoneBar: false },
  { to: "/monitoring", title: "Monitoring", icon: mdiMonitorEye, needs: "listAlarms", onPhoneBar: false },
  { to: "/messages", title: "Messages", icon: mdiEmailOutline, needs: "listActions", onPhoneBar: false },
  { to: "/people", title: "People & tokens", icon: mdiAccountKeyOutline, needs: "listTokens", onPhoneBar: false },
];

export function isAt(place: Place, pathname: string): boolean {
  if (place.to === "/") return pathname === "/";
  return [place.to, ...(place.parts ?? [])].some((part) => pathname === part || pathname.startsWith(`${part}/`));
}
