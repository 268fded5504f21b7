/** The newest inspection, held back until its pictures are decoded, so that the large view never blinks. */
import type { Inspection } from "@sightline/api/inspections";
import { useEffect, useState } from "react";
import { client } from "../../app/api.js";

export function useDecoded(newest: Inspection, withHeatMap: boolean): Inspection {
  const [shown, setShown] = useState(newest);
  useEffect(() => {
    let isStale = false;
    const params = { inspectionId: newest.id };
    const addresses = [client.address("getInspectionImage", { params })];
    if (withHeatMap && newest.hasHeatMap) addresses.push(client.address("getInspectionHeatMap", { params }));
    void Promise.allSettled(addresses.map(decode)).then(() => {
      if (!isStale) setShown(newest);
    });
    return () => {
      isStale = true;
    };
  }, [newest, withHeatMap]);
  return shown;
}

function decode(address: string): Promise<void> {
  const image = new Image();
  image.src = address;
  return image.decode();
}
