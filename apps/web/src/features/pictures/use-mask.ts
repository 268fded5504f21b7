/** The mask of a picture while it is looked at and drawn on: what is stored, what was drawn since, and saving it. */
import type { Project } from "@sightline/api/projects";
import type { MaskColour, Sample } from "@sightline/api/samples";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client, keyOf, useApi, useChange } from "../../app/api.js";
import { encodeMask } from "./mask-canvas.js";
import { emptyDrawing, type MaskDrawing } from "./mask-drawing.js";

/** Of a kind that nobody gave a colour yet; neither black nor white, which mean the background. */
const freshColours = ["#e5484d", "#0091ff", "#f5a623", "#8e4ec6", "#00a2a0"];

/** Kinds that can be drawn: those of the mask, those the running model tells apart, and the picture's own label. */
export function kindsToDraw(
  known: readonly MaskColour[],
  ofModel: readonly MaskColour[],
  label: string,
): readonly MaskColour[] {
  const kinds: MaskColour[] = [];
  const names = ofModel.length + known.length > 0 ? [] : [{ label, colour: "" }];
  for (const { label: name, colour } of [...known, ...ofModel, ...names]) {
    if (kinds.some((kind) => kind.label === name)) continue;
    const isTaken = (one: string) => kinds.some((kind) => kind.colour === one);
    const free = freshColours.find((one) => !isTaken(one)) ?? "#7f7f7f";
    kinds.push({ label: name, colour: colour === "" || isTaken(colour) ? free : colour });
  }
  return kinds;
}

export function useMask(project: Project, sample: Sample, onSaved: () => void) {
  const [drawing, setDrawing] = useState<MaskDrawing>(emptyDrawing);
  const params = { sampleId: sample.id };
  const stored = useQuery({
    queryKey: [...keyOf("getSampleMask", { params }), sample.maskTypes],
    queryFn: async ({ signal }) => {
      const { bytes, contentType } = await client.call("getSampleMask", { params, signal });
      return createImageBitmap(new Blob([bytes as BlobPart], { type: contentType }));
    },
    enabled: sample.hasMask,
  });
  const running = useApi(
    "getModel",
    { params: { modelId: project.runningModelId ?? "" } },
    { enabled: project.runningModelId !== null },
  );
  const ofModel = (running.data?.metrics?.defects ?? []).map(({ label, colour }) => ({ label, colour }));
  const kinds = kindsToDraw(sample.maskTypes, ofModel, sample.label ?? "defect");
  const [isEncoding, setEncoding] = useState(false);
  const done = () => {
    setDrawing(emptyDrawing);
    onSaved();
  };
  const put = useChange("putSampleMask", { done: "Saved: the next training learns from it.", onDone: done });
  const remove = useChange("removeSampleMask", { done: "The mask is removed.", onDone: done });
  const base = sample.hasMask ? (stored.data ?? null) : null;

  const save = async () => {
    setEncoding(true);
    try {
      const colours = kinds.map(({ colour }) => colour);
      const { png, used } = await encodeMask(sample, base, drawing.strokes, colours);
      if (used.length === 0) return sample.hasMask ? remove.mutate({ params }) : done();
      const types = kinds.filter(({ colour }) => used.includes(colour));
      put.mutate({ params, query: { types: JSON.stringify(types) }, bytes: png, contentType: "image/png" });
    } finally {
      setEncoding(false);
    }
  };
  return {
    kinds,
    base,
    /** The stored one could not be loaded: drawing over it would lose it. */
    error: sample.hasMask ? stored.error : null,
    isLoading: sample.hasMask && stored.isPending,
    drawing,
    setDrawing,
    isSaving: isEncoding || put.isPending || remove.isPending,
    save,
  };
}

export type MaskInHand = ReturnType<typeof useMask>;
