/** Says with which code the process ends once nothing is left to do. */
export const finish = (code: number): void => {
  process.exitCode = code;
};
