import type { Sent } from "../api/upload.ts";

/** A file below this size is sent before a bar could be read. */
const largeBytes = 1_000_000;

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

/** How much of a large file was sent; nothing for a small one. */
export const UploadProgress = ({ sent }: { readonly sent: Sent | undefined }) => {
  if (sent === undefined || sent.totalBytes < largeBytes) return null;
  const { sentBytes, totalBytes } = sent;
  return (
    <div className="upload">
      <progress aria-label="Sent of the file" value={sentBytes} max={totalBytes} />
      <span className="quiet">
        {sentBytes < totalBytes
          ? `${megabytes(sentBytes)} of ${megabytes(totalBytes)} MB sent`
          : `All ${megabytes(totalBytes)} MB sent; its last rows are being read`}
      </span>
    </div>
  );
};
