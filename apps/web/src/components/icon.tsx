/** One Material Design icon; decoration unless it is given a title. */
export interface IconProps {
  path: string;
  size?: number;
  title?: string;
  color?: string | undefined;
}

export function Icon({ path, size = 20, title, color }: IconProps) {
  const shape = { viewBox: "0 0 24 24", width: size, height: size };
  const style = { flexShrink: 0, display: "block", color };
  const drawing = <path d={path} fill="currentColor" />;
  if (title === undefined) {
    return (
      <svg {...shape} style={style} aria-hidden="true">
        {drawing}
      </svg>
    );
  }
  return (
    <svg {...shape} style={style} role="img" aria-label={title}>
      {drawing}
    </svg>
  );
}
