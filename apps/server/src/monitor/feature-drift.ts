/** Drift of features: embeds training pictures once and new ones as they come, and holds their distances against each other. */
import { createHash } from "node:crypto";
import type { Embedder } from "@sightline/models/embedder";
import type { BlobStore } from "../blobs/blob-store.js";
import type { Log } from "../log.js";
import type { ReferencePicture, SeenPicture } from "../store/drifts.js";
import type { Store } from "../store/store.js";
import { mixDriftOf } from "./drift.js";
import { type FeatureReference, farShareOf, fitReference } from "./feature-distance.js";

export type OpenEmbedder = () => Promise<Embedder>;

/** Training pictures as distances are measured by them. */
export interface MeasuredReference extends FeatureReference {
  /** Digest of the pictures and the network. */
  readonly id: string;
}

export interface FeatureDrift {
  /** `null` where there are too few, or the backbone can't be run here. */
  reference(pictures: readonly ReferencePicture[]): Promise<MeasuredReference | null>;
  /** `null` where too few of the pictures could be measured so far. */
  drift(
    reference: MeasuredReference,
    pictures: readonly SeenPicture[],
  ): Promise<{ featureDrift: number; farShare: number } | null>;
  /** Lets the network go until there is something to embed. */
  rest(): Promise<void>;
}

export interface FeatureDriftDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly openEmbedder: OpenEmbedder;
  readonly fewestReferences: number;
  readonly fewestPictures: number;
  /** At one call, of new pictures: a look stays short. */
  readonly measuredAtOnce: number;
  readonly isStopped: () => boolean;
  readonly log: Log;
}

export function createFeatureDrift(deps: FeatureDriftDeps): FeatureDrift {
  const { store, blobs, log, isStopped } = deps;
  let opened: Promise<Embedder> | undefined;
  let isWarned = false;

  async function embedder(): Promise<Embedder | null> {
    try {
      opened ??= deps.openEmbedder();
      return await opened;
    } catch (error) {
      opened = undefined;
      if (!isWarned) log.warn({ err: error }, "Drift of features can't be told: there is no backbone that suits");
      isWarned = true;
      return null;
    }
  }

  /** `null` where the file is gone or damaged: it says nothing of drift. */
  async function embedded(network: Embedder, sha256: string): Promise<Float32Array | null> {
    try {
      return await network.embed(await blobs.read(sha256));
    } catch (error) {
      log.debug({ err: error, sha256 }, "A picture could not be embedded");
      return null;
    }
  }

  return {
    async reference(pictures) {
      if (pictures.filter(({ isNormal }) => isNormal).length < deps.fewestReferences) return null;
      const network = await embedder();
      if (network === null) return null;
      const known = await store.read.drifts.embeddings(
        pictures.map(({ id }) => id),
        network.id,
      );
      const digest = createHash("sha256").update(network.id);
      const [normal, anomalous]: Float32Array[][] = [[], []];
      for (const { id, sha256, isNormal } of pictures) {
        if (isStopped()) return null;
        const embedding = known.get(id) ?? (await embedded(network, sha256));
        if (embedding === null) continue;
        if (!known.has(id))
          await store.write((tx) => tx.drifts.putEmbedding(id, network.id, embedding), { canWait: true });
        (isNormal ? normal : anomalous)?.push(embedding);
        digest.update(`${id} ${isNormal}\n`);
      }
      if (normal === undefined || normal.length < deps.fewestReferences) return null;
      return { id: digest.digest("hex"), ...fitReference(normal, anomalous) };
    },

    async drift(reference, pictures) {
      const known = await store.read.drifts.distances(
        pictures.map(({ id }) => id),
        reference.id,
      );
      const distances = [...known.values()];
      for (const { id, imageSha256 } of pictures.filter(({ id }) => !known.has(id)).slice(0, deps.measuredAtOnce)) {
        const network = isStopped() ? null : await embedder();
        if (network === null) break;
        const embedding = await embedded(network, imageSha256);
        if (embedding === null) continue;
        const distance = reference.distanceOf(embedding);
        await store.write((tx) => tx.drifts.putDistance(id, reference.id, distance), { canWait: true });
        distances.push(distance);
      }
      if (distances.length < deps.fewestPictures) return null;
      // Nearer than held-out pictures is no drift: a camera may send what was trained on.
      const { drift } = mixDriftOf(reference.normal, reference.anomalous, distances, "above");
      return { featureDrift: drift, farShare: farShareOf(reference, distances) };
    },

    async rest() {
      const resting = opened;
      opened = undefined;
      await (await resting?.catch(() => undefined))?.close();
    },
  };
}
