/** The pretrained networks that a training here may start from: the built-in one and those added to the data folder. */
import type { Backbone } from "@sightline/api/backbones";
import { keptBackbone, readBackbone } from "@sightline/models/backbone";
import { findBackbone, listBackbones } from "@sightline/models/backbone-store";
import { errors } from "../errors.js";

export interface Backbones {
  /** The one that a training takes that names none comes first. */
  list(): Promise<Backbone[]>;
  /**
   * The file of one by its name; for none the one that the settings name, else the built-in one's. `null`: where the training
   * looks itself.
   *
   * @throws ServerError BACKBONE_NOT_FOUND
   */
  fileOf(name: string | undefined): Promise<string | null>;
}

export interface BackbonesConfig {
  readonly dataFolder: string;
  /** What the settings name instead of the built-in one. */
  readonly backboneFile: string | null;
}

export function createBackbones({ dataFolder, backboneFile }: BackbonesConfig): Backbones {
  /** Reading it takes a while and it stays the same. */
  let usual: Backbone | undefined;

  return {
    async list() {
      usual ??= usualOne();
      const first = usual;
      const added = (await listBackbones(dataFolder)).map(
        ({ name, title, licence, copyright, source, sha256 }): Backbone => ({
          ...{ name, title, licence, copyright, source, sha256 },
          isDefault: false,
        }),
      );
      return first === undefined ? added : [first, ...added.filter(({ name }) => name !== first.name)];
    },

    async fileOf(name) {
      // Looked up when a training starts: the copy in the data folder is made then, not at each start.
      if (name === undefined || name === usual?.name) return backboneFile ?? keptBackbone(dataFolder);
      try {
        return (await findBackbone(dataFolder, name)) ?? keptBackbone(dataFolder);
      } catch (error) {
        throw errors.backboneNotFound({ problem: error instanceof Error ? error.message : String(error) });
      }
    },
  };

  /** @returns `undefined` where it can't be read: a training that takes it says why */
  function usualOne(): Backbone | undefined {
    try {
      const { name, title, licence, copyright, source, sha256 } = readBackbone({
        dataFolder,
        ...(backboneFile !== null && { file: backboneFile }),
      });
      return { name, title, licence, copyright, source, sha256, isDefault: true };
    } catch {
      return undefined;
    }
  }
}
