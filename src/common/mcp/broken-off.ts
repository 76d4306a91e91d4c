/** The `data` of the error that stands in for an answer that cannot come any more. */
export const BROKEN_OFF = 'millrace/broken-off';
