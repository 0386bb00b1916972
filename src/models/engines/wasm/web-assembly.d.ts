/** The part of WebAssembly that is used here; the types of Node know the module only. */
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  const Module: new (bytes: Uint8Array<ArrayBuffer>) => Module;

  interface Memory {
    readonly buffer: SharedArrayBuffer;
  }
  /** Sizes in pages of 64 KiB. */
  const Memory: new (size: { readonly initial: number; readonly maximum: number; readonly shared: true }) => Memory;

  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>;
  }
  const Instance: new (module: Module, imports: { readonly env: { readonly memory: Memory } }) => Instance;

  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;
}
