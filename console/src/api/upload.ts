/** How much of a body was sent, bytes. */
export interface Sent {
  readonly sentBytes: number;
  readonly totalBytes: number;
}

/** Sends a form in place of `fetch`, which does not say how much of it was sent. @throws {TypeError} there was no answer. */
export const uploadForm = (
  request: Request,
  { form, onSent }: { readonly form: FormData; readonly onSent: (sent: Sent) => void },
): Promise<Response> =>
  new Promise((resolve, reject) => {
    const upload = new XMLHttpRequest();
    upload.open(request.method, request.url);
    // The browser writes the boundary of the form.
    for (const [name, value] of request.headers)
      if (name !== "content-type") upload.setRequestHeader(name, value);
    upload.upload.onprogress = ({ loaded, total }) => onSent({ sentBytes: loaded, totalBytes: total });
    upload.onload = () => {
      const headers = ["content-type", "request-id"].flatMap((name): [string, string][] => {
        const value = upload.getResponseHeader(name);
        return value === null ? [] : [[name, value]];
      });
      resolve(new Response(upload.responseText, { status: upload.status, headers }));
    };
    upload.onerror = () => reject(new TypeError("The connection ended before the answer."));
    upload.send(form);
  });
