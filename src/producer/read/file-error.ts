/** A file that can't be imported as a whole, in one plain sentence with what to do. Holds no cell of the file. */
export class ImportFileError extends Error {
  readonly code = "invalid_file";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ImportFileError";
  }
}
