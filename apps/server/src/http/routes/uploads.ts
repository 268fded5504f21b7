/** A picture's way in: ask for a signed address, PUT the bytes there. */
import { errors } from "../../errors.js";
import type { Identity } from "../auth/identity.js";
import type { Handlers } from "../handlers.js";
import { baseUrl } from "./base-url.js";
import type { RouteDeps } from "./deps.js";

export function uploadRoutes({ services: { uploads, config } }: RouteDeps) {
  return {
    getSignedUrl: async ({ query, identity, request }) => {
      checkCamera(identity, query.cameraid);
      const ticket = await uploads.createUpload({
        cameraId: query.cameraid,
        assemblyLineId: query.assemblylineid,
        imageId: query.imageid,
        capturedAt: query.capturedat,
      });
      return { uploadURL: baseUrl(config, request) + ticket.pathAndQuery, photoFilename: ticket.photoFilename };
    },

    putImage: ({ params, query, bytes, request }) =>
      uploads.acceptUpload({ ...params, ...query }, request.headers["content-type"] ?? "", bytes),
  } satisfies Partial<Handlers>;
}

/** A device sends only for the cameras it is bound to; operators and admins try any. */
function checkCamera(identity: Identity | null, cameraId: string): void {
  if (identity?.role === "device" && !identity.cameraIds.includes(cameraId)) throw errors.cameraDenied({ cameraId });
}
