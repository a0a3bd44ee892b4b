/**
 * A host signs what it may not, with what cannot sign, or calls things out of order: a defect of its own,
 * never something that a message can cause.
 */
export class SignatureMisuse extends Error {
  override readonly name = 'SignatureMisuse';
  readonly code = 'SIGNATURE_MISUSE';
}
