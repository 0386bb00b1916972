import { setFlagsFromString } from 'node:v8';
import { KERNELS_BASE64 } from './kernels.generated.ts';
import { PROBE_HASH, probeHash } from './probe.ts';

export type RevectorizerChoice = 'auto' | 'off';

/** Compiled kernels; threads share them. */
export interface CompiledKernels {
  readonly module: WebAssembly.Module;
  /** Width of the registers that they run in. */
  readonly bits: 128 | 256;
}

/** V8 keeps what it has compiled by its bytes; an empty section of its own (identifier 0, length 2, a name of one letter) makes others of the same module. */
const WIDE_SECTION = [0, 2, 1, 0x77];
/** Before it, V8 merges activations only (measured). */
const FIRST_NODE = 24;

let narrow: CompiledKernels | undefined;
let wide: CompiledKernels | undefined;

/**
 * The kernels, compiled once in a process. V8 can merge neighbouring vectors of 128 bits into such of 256 where the processor has them
 * (x64 with AVX2). That mode is experimental: it is taken only where a trial training in it ends with the weights that it must have.
 */
export function compileKernels(choice: RevectorizerChoice): CompiledKernels {
  if (choice === 'auto') {
    wide ??= compileWide();
    if (wide) return wide;
  }
  narrow ??= { module: compile([], []), bits: 128 };
  return narrow;
}

function compileWide(): CompiledKernels | undefined {
  if (process.arch !== 'x64' || Number(process.versions.node.split('.')[0]) < FIRST_NODE) return undefined;
  const module = compile(WIDE_SECTION, ['experimental-wasm-revectorize']);
  return probeHash(module) === PROBE_HASH ? { module, bits: 256 } : undefined;
}

/**
 * Compiles at once and with the optimising compiler: a training is short, and what it would run in until then is several times slower.
 * The flags hold for this module only; nothing else compiles in between.
 */
function compile(section: readonly number[], flags: readonly string[]): WebAssembly.Module {
  const bytes = Uint8Array.from([...Buffer.from(KERNELS_BASE64, 'base64'), ...section]);
  for (const flag of [...flags, 'no-liftoff', 'no-wasm-lazy-compilation']) setFlagsFromString(`--${flag}`);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const flag of [...flags.map((name) => `no-${name}`), 'liftoff', 'wasm-lazy-compilation']) setFlagsFromString(`--${flag}`);
  }
}
