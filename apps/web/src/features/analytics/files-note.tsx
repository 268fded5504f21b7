/** Where the counted results lie as files, and whether they are all written. */
import { Alert, Text } from "@mantine/core";
import { mdiAlertOutline } from "@mdi/js";
import { useApi } from "../../app/api.js";
import { bytes, plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { TimeText } from "../../components/time-text.js";

export function FilesNote() {
  const { data } = useApi("getAnalyticsState", {}, { refetchEveryMs: 60_000 });
  if (data === undefined) return null;
  const { parquet, lastFlushAt, problem, folder, shifts } = data;
  return (
    <>
      {problem !== null && (
        <Alert color="defect" icon={<Icon path={mdiAlertOutline} />} title="The result files can’t be written now">
          {problem} Nothing is lost: {plural(parquet.pending, "result")} wait in the records and are written once it
          works.
        </Alert>
      )}
      <Text size="xs" c="dimmed">
        {plural(parquet.rows, "result")} in {plural(parquet.files, "Parquet file")} ({bytes(parquet.bytes)}) and as JSON
        lines below <code>{folder}</code>
        {lastFlushAt !== null && (
          <>
            , written <TimeText time={lastFlushAt} style="ago" />
          </>
        )}
        . Kept for {plural(data.keepDays, "day")}. Shifts:{" "}
        {shifts.map(({ name, startsAt }) => `${name} from ${startsAt}`).join(", ")} ({data.timeZone}).
      </Text>
    </>
  );
}
