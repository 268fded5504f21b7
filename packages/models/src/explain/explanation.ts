/** What an explanation says: which regions of a picture made a model answer as it did, in numbers that add up. */
import type { Task } from "@sightline/dataset/dataset";
import type { Detection } from "../prediction.js";
import type { BaselineName } from "./baselines.js";

export const explainMethods = ["shap", "occlusion", "activation"] as const;
export type ExplainMethod = (typeof explainMethods)[number];

export interface ExplainOptions {
  /**
   * shap (the default): each region's Shapley value, which add up to the answer minus the base. occlusion: how much the answer drops where
   * a window is covered. activation: where the last feature map speaks for the label; the quickest.
   */
  readonly method?: ExplainMethod;
  /** The label explained; left out: the model's answer. Of an anomaly model `anomaly` or `normal`. */
  readonly label?: string;
  /** Detectors: which of the objects found, best first, from 0; default 0. */
  readonly detection?: number;
  /** About how many regions the picture is divided into, 4 to 400; default 64. */
  readonly regions?: number;
  /** superpixels (the default) follow the picture's edges, a grid does not. */
  readonly shape?: "superpixels" | "grid";
  /** How often the network may be asked by `shap`, 50 to 20,000; default 500. */
  readonly evaluations?: number;
  /**
   * What stands where a region is taken away: the picture much blurred, its mean colour, or (the default) the mildest change
   * of all that takes the answer away.
   */
  readonly baseline?: "auto" | BaselineName;
  /** What values are told in: log-odds (the default), in which evidence adds up, or shares of the probability. */
  readonly unit?: "log-odds" | "probability";
  /** Anomaly models: threshold in force on the model's own scale, 0–1; default 0.5. */
  readonly threshold?: number;
  /** Detectors: from this score on an object counts; default: the model's own. */
  readonly scoreThreshold?: number;
  readonly seed?: number;
}

/** A part of the picture in pixels of the picture as it came; `x2` and `y2` lie outside. */
export interface Area {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface ExplainedRegion {
  /** Its number on the map. */
  readonly region: number;
  /** What it adds to the answer; below 0: it speaks against it. */
  readonly value: number;
  /** shap: the value's standard error, from how the regions were drawn; else `null`. */
  readonly error: number | null;
  /** Share of the picture. */
  readonly share: number;
  readonly box: Area;
  /** Its edge as an SVG path in units of the map. */
  readonly outline: string;
}

/** What values are told in; a feature map's activation has no unit. */
export type ExplanationUnit = "log-odds" | "probability" | "activation";

/** Everything told with an explanation but pictures. */
export interface ExplanationFacts {
  readonly method: ExplainMethod;
  readonly task: Task;
  readonly label: string;
  /** Detectors: the object explained. */
  readonly detection: (Detection & { readonly index: number }) | null;
  /** What the model answers: the label's probability, the anomaly's score, or the object's score; 0–1. */
  readonly prediction: number;
  /** The same where nothing of the picture is shown; `null` for methods that don't ask. */
  readonly base: number | null;
  readonly unit: ExplanationUnit;
  /** The prediction in that unit; `null` for `activation`. */
  readonly evidence: number | null;
  /** The base in that unit. */
  readonly baseEvidence: number | null;
  /** shap: |sum of the values − (evidence − baseEvidence)|; else `null`. */
  readonly additivityError: number | null;
  /** How often the network was asked. */
  readonly evaluations: number;
  readonly elapsedMs: number;
  /** Of the picture as it came, after its EXIF turn. */
  readonly width: number;
  readonly height: number;
}

export interface Explanation extends ExplanationFacts {
  /** What the map shows: the picture, or of a tiled detector the tile with the object. */
  readonly area: Area;
  /** Size of the map, the unit of outlines. */
  readonly mapWidth: number;
  readonly mapHeight: number;
  /** Strongest first. */
  readonly regions: readonly ExplainedRegion[];
  /** Transparent PNG of the map over `area`, orange for what speaks for the answer, blue for what speaks against it. */
  readonly overlayPng: Uint8Array;
  /** Each pixel's value on the map, rows top to bottom: for shap its region's. */
  readonly values: Float32Array;
  /** Each pixel's region. */
  readonly regionOf: Uint16Array;
}
