/** What a loader is told, and what it hands out. */
import type { Corners, Shown } from "@sightline/vision/augment/boxes";
import type { Recipe } from "@sightline/vision/augment/recipe";

/** One picture with what is known about it, ready for training. */
export interface LoaderSample {
  /** For messages. */
  readonly name: string;
  readonly file: string;
  /** One value per label: one-hot, or several ones. All samples have equally many. */
  readonly target: readonly number[];
  /** Detection: in pixels of the picture after its EXIF turn (of `region`, where there is one). */
  readonly boxes?: readonly LoaderBox[];
  /** Only this part of the picture is the sample (a tile): whole pixels, `x2` and `y2` outside. */
  readonly region?: Corners;
}

export interface LoaderBox extends Corners, Shown {
  /** Its place in the list of labels. */
  readonly label: number;
}

export interface LoaderOptions {
  readonly samples: readonly LoaderSample[];
  /** The network's input. */
  readonly width: number;
  readonly height: number;
  /** Default `stretch`. */
  readonly fit?: "stretch" | "letterbox";
  readonly batchSize: number;
  readonly seed: number;
  /**
   * What is done to the pictures, in a new order for each epoch. `null`: nothing, and in the order of the samples; the
   * pixels are then those that a predictor would feed.
   */
  readonly recipe: Recipe | null;
  /** Worker threads; 0 does the work on the calling thread, when it is asked for. Default 1. */
  readonly threads?: number;
  /**
   * Decoded pictures are kept this many times larger than the input where they are as large, so that what is turned or
   * zoomed in on stays sharp. Default 1.
   */
  readonly detail?: number;
  /** Decoded pictures kept in memory at most; what doesn't fit is decoded again in each epoch. Default 400 MB. */
  readonly cacheBytes?: number;
  /** Finished batches waiting at most, at least one. Default 200 MB. */
  readonly aheadBytes?: number;
}

/** Pictures of one step with all that is known about them. */
export interface Batch {
  /** `[rows, 3, height, width]`, red green blue, 0–255. */
  readonly pictures: Float32Array;
  readonly rows: number;
  /** Rows from here on only fill the batch (the last one, where nothing is changed): leave them out. */
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** Each row's place in the samples. */
  readonly samples: Int32Array;
  /** `[rows, labels]`: mixed like the pictures. */
  readonly targets: Float32Array;
  /** One box after the other: row, label, x1, y1, x2, y2 in pixels of the input. */
  readonly boxes: Float32Array;
  /** One value a box: the share of its object that is still in the picture, 0–1. */
  readonly visible: Float32Array;
  /** The row that was mixed into each, or itself; and the share that is its own. */
  readonly partners: Int32Array;
  readonly weights: Float32Array;
}
