/** Ready-to-paste commands that send pictures as one camera. */
export interface SendTarget {
  url: string;
  token: string;
  cameraId: string;
  lineId: string;
}

export function uploadCommand({ url, token, cameraId, lineId }: SendTarget): string {
  return `npx --no-install sightline upload ./pictures ${cameraId} ${lineId} ${url} ${token} 1`;
}

/** Ids hold no character that a shell or an address would read otherwise (see PlantId), so they need no quoting. */
export function curlCommand({ url, token, cameraId, lineId }: SendTarget): string {
  const query = `cameraid=${cameraId}&assemblylineid=${lineId}&imageid=first`;
  return [
    `URL=$(curl -s -H 'authorizationToken: ${token}' '${url}/getsignedurl?${query}' | sed 's/.*"uploadURL":"\\([^"]*\\)".*/\\1/')`,
    `curl -T picture.jpg -H 'Content-Type: image/jpeg' "$URL"`,
  ].join("\n");
}
