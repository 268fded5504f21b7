/** A picture on its way: its preview, and how much of it has left. */
import { useEffect, useState } from "react";
import css from "./gallery.module.css";
import type { Upload } from "./upload-queue.js";

export function UploadTile({ upload }: { upload: Upload<unknown> }) {
  const [preview, setPreview] = useState<string>();
  useEffect(() => {
    const url = URL.createObjectURL(upload.file);
    setPreview(url);
    return () => URL.revokeObjectURL(url);
  }, [upload.file]);
  return (
    <li className={css.tile} aria-label={`${upload.file.name}, on its way`}>
      <div className={css.picture} data-open>
        {preview && <img src={preview} alt="" />}
      </div>
      <span className={css.progress} style={{ width: `${Math.max(6, upload.share * 100)}%` }} />
    </li>
  );
}
