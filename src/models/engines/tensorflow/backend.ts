import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import util from 'node:util';

export type TensorFlow = typeof import('@tensorflow/tfjs-core');
export type BackendChoice = 'auto' | 'node' | 'wasm';

/** TensorFlow.js with one back end, ready for use. */
export interface Backend {
  readonly kind: 'node' | 'wasm';
  readonly tf: TensorFlow;
  /** Part of every fit's key: back end, version, platform. */
  readonly id: string;
  readonly description: string;
}

// One CommonJS instance of the core for every part; an ES module import would make a second one.
const require = createRequire(import.meta.url);

/** Raised whenever the numbers of the layers, optimisers or seeded streams here change: fits made before are then made again. */
const NETWORKS = 1;

// The core has one active back end: a second one would take over the networks of the first, under an id that is not its own.
let active: Backend | undefined;

/**
 * tfjs-node where its native library loads, else the WebAssembly back end; `choice` asks for one of them. A process keeps the first
 * one it took. Throws an Error that names what failed where the one asked for (or both) cannot be had.
 */
export async function loadBackend(choice: BackendChoice = 'auto'): Promise<Backend> {
  active ??= await start(choice);
  if (choice !== 'auto' && choice !== active.kind) {
    throw new Error(
      `Expected one back end of TensorFlow.js in a process, received ${choice} after ${active.kind}. Use ${active.kind}, or another process`,
    );
  }
  return active;
}

async function start(choice: BackendChoice): Promise<Backend> {
  const reasons: string[] = [];
  if (choice !== 'wasm') {
    const native = loadNative();
    if (typeof native !== 'string') return describe(native, 'node', 'native TensorFlow library (tfjs-node)');
    reasons.push(native);
    if (choice === 'node')
      throw new Error(`Expected @tensorflow/tfjs-node to load, received: ${native}. Use the wasm back end, or reinstall it`);
  }
  const tf = require('@tensorflow/tfjs-core') as TensorFlow;
  const wasm = require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (!(await tf.setBackend('wasm')))
    throw new Error(
      `Expected the WebAssembly back end of TensorFlow.js to start, it did not${reasons.map((reason) => `; ${reason}`).join('')}`,
    );
  await tf.ready();
  return describe(tf, 'wasm', ['WebAssembly', ...reasons].join('; '));
}

function describe(tf: TensorFlow, kind: Backend['kind'], words: string): Backend {
  const version = tf.version_core;
  return {
    kind,
    tf,
    id: `tensorflow/${kind}@${version}/${process.platform}-${process.arch}/networks@${NETWORKS}`,
    description: `TensorFlow.js ${version}, ${words}`,
  };
}

/** The native library's TensorFlow.js, or in a few words why there is none. */
function loadNative(): TensorFlow | string {
  // tfjs-node 4.22 still calls a function that Node 23 removed.
  const legacy = util as unknown as Record<string, unknown>;
  legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  try {
    require.resolve('@tensorflow/tfjs-node');
  } catch {
    return 'tfjs-node is not installed';
  }
  // The native library tells the processor's features on stderr unless it is told not to.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  try {
    return require('@tensorflow/tfjs-node') as TensorFlow;
  } catch (error) {
    // What follows the path is advice for another package manager, and the path differs from machine to machine.
    return `tfjs-node does not load (${String((error as Error).message)
      .split(/ at path|\n/)[0]!
      .slice(0, 100)})`;
  }
}
