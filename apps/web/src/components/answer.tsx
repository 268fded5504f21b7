/** Shows a query's answer, or the face of its loading, refusal or absence. */
import { Button } from "@mantine/core";
import { mdiAlertCircleOutline, mdiFileQuestionOutline, mdiLockOutline } from "@mdi/js";
import type { ApiCallError } from "@sightline/client/client";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Face } from "./face.js";
import { PageLoading, RowsLoading } from "./loading.js";

export interface AnswerProps<Data> {
  query: UseQueryResult<Data, ApiCallError>;
  children: (data: Data) => ReactNode;
  /** Inside a panel rather than as the whole page. */
  compact?: boolean;
  loading?: ReactNode;
  /** What to do when the thing is gone (404). */
  missing?: ReactNode;
}

export function Answer<Data>({ query, children, compact, loading, missing }: AnswerProps<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return loading ?? (compact ? <RowsLoading /> : <PageLoading />);
  if (query.error?.status === 404 && missing !== undefined) return missing;
  return <Refusal error={query.error} retry={() => void query.refetch()} compact={compact} />;
}

interface RefusalProps {
  error: ApiCallError | null;
  retry: () => void;
  compact?: boolean | undefined;
}

export function Refusal({ error, retry, compact }: RefusalProps) {
  const size = compact ? { compact } : {};
  if (error?.status === 403) {
    return (
      <Face icon={mdiLockOutline} title="Not for your role" {...size}>
        {error.message}
      </Face>
    );
  }
  if (error?.status === 404) {
    return (
      <Face icon={mdiFileQuestionOutline} title="It is no longer here" {...size}>
        {error.message}
      </Face>
    );
  }
  return (
    <Face
      icon={mdiAlertCircleOutline}
      title="This could not be loaded"
      tone="alert"
      action={
        <Button variant="light" onClick={retry}>
          Try again
        </Button>
      }
      {...size}
    >
      {error?.message}
    </Face>
  );
}
