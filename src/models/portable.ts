import { createHash } from 'node:crypto';
import { BundleError } from './bundle.ts';
import { digest, list, object, text, whole } from './expectation.ts';
import type { Fit } from './fit.ts';
import { canonicalJson } from './key.ts';
import { checkLearnt } from './learnt.ts';
import { sizeOf } from './parameters.ts';
import { checkFit } from './soundness.ts';
import type { Weight } from './trainer.ts';

// A portable model is one JSON document: the fit as it is, its weights as base64 of little-endian float32, and the sha256 of all else that the
// document says, whatever its white space. The checksum proves that the file is whole, not who made it: who can change the file can change
// the checksum. Nothing in it is ever run, and no size or name in it is believed before it was compared with what is there.

const NAME = 'paperwalk/model-file';
const VERSION = 1;

/** Characters of the largest file that is read or written: some 48 million weights. */
export const LARGEST_MODEL_FILE = 256 * 1024 * 1024;

interface PortableWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: string;
}

const portableShape = object({
  weights: list(
    object({ name: text, shape: list(whole(0, Number.MAX_SAFE_INTEGER)), values: (value, at) => value === '' || text(value, at) }),
  ),
});

/** The document of a fit. Throws a BundleError where the fit is not sound, or too large for one file. */
export function portableText(fit: Fit): string {
  const { weights, ...rest } = fit;
  explained(`the fit ${fit.key}`, 'train it again', () => checkParts(rest, weights));
  const said = {
    fit: rest,
    weights: weights.map(({ name, shape, values }) => ({ name, shape, values: bytesOf(values).toString('base64') })),
  };
  const document = { schema: `${NAME}@${VERSION}`, sha256: checksum({ schema: `${NAME}@${VERSION}`, ...said }), ...said };
  const file = `${JSON.stringify(document, null, 1)}\n`;
  if (file.length > LARGEST_MODEL_FILE) {
    throw new BundleError(
      `Expected a model of at most ${LARGEST_MODEL_FILE} bytes as a file, received ${file.length}; keep its workspace instead`,
    );
  }
  return file;
}

/**
 * The fit in a document. `place` names the file in errors. Throws a BundleError that says what was expected and received where the document
 * is damaged, of a later version, or says what does not fit together.
 */
export function readPortable(document: string, place: string): Fit {
  const mend = 'export it again and copy it whole';
  return explained(place, mend, () => {
    const { sha256, ...said } = versioned(JSON.parse(document), place);
    object({ sha256: digest })({ sha256 }, 'file');
    const received = checksum(said);
    if (sha256 !== received) {
      throw new BundleError(`${place}: Expected content with the checksum ${sha256} that it states, received ${received}; ${mend}`);
    }
    portableShape(said, 'file');
    checkFit(said.fit);
    const weights = (said.weights as readonly PortableWeight[]).map(decoded);
    checkParts(said.fit, weights);
    return { ...said.fit, weights };
  });
}

function checkParts(fit: unknown, weights: readonly Weight[]): void {
  checkFit(fit);
  checkLearnt({ ...fit, weights });
}

function versioned(document: unknown, place: string): Readonly<Record<string, unknown>> {
  object({ schema: text })(document, 'file');
  const { schema } = document as { schema: string };
  const version = schema.startsWith(`${NAME}@`) ? Number(schema.slice(NAME.length + 1)) : Number.NaN;
  if (version > VERSION) {
    throw new BundleError(
      `${place}: Expected a model file of version ${VERSION}, received version ${version} of a later Paperwalk; update this one`,
    );
  }
  if (version !== VERSION) {
    const received = JSON.stringify(schema.slice(0, 60));
    throw new BundleError(
      `${place}: Expected a model file, whose schema is ${NAME}@${VERSION}, received ${received}; paperwalk models export writes one`,
    );
  }
  return document as Readonly<Record<string, unknown>>;
}

/** The numbers of a weight; memory is taken for what is there, not for what the shape says. */
function decoded({ name, shape, values }: PortableWeight): Weight {
  const size = sizeOf(shape);
  const expected = 4 * Math.ceil((size * 4) / 3);
  if (values.length !== expected) {
    throw new TypeError(
      `Expected ${expected} characters for the ${size} numbers of weight ${name}, shape [${shape.join(', ')}], received ${values.length}`,
    );
  }
  const bytes = Buffer.from(values, 'base64');
  if (bytes.toString('base64') !== values)
    throw new TypeError(`Expected base64 for the numbers of weight ${name}, received other characters`);
  return { name, shape, values: new Float32Array(Uint8Array.from(bytes).buffer) };
}

/** Runs `work`; what is wrong with data becomes a BundleError that names the place and says what to do. */
function explained<T>(place: string, mend: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BundleError) throw error;
    if (error instanceof SyntaxError) {
      // It quotes what it found, which need not be fit for a terminal.
      const found = error.message.replace(/\p{Cc}/gu, '?');
      throw new BundleError(`${place}: Expected a model file in JSON, received ${found}; ${mend}`);
    }
    // Sizes that no array has, and data nested deeper than the stack.
    if (error instanceof TypeError || error instanceof RangeError) throw new BundleError(`${place}: ${error.message}; ${mend}`);
    throw error;
  }
}

function checksum(said: unknown): string {
  return createHash('sha256').update(canonicalJson(said)).digest('hex');
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
