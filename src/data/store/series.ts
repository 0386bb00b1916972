import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder, writeSynced } from '../atomic-file.ts';
import { DataError } from '../data-error.ts';
import { type Columns, type ColumnsFile, encodeColumns, readColumns } from './columns-file.ts';
import { readSealed, seal } from './sealed.ts';
import type { Span } from './span.ts';

/** A stretch of rows, none of which lies between the rows of another segment. */
export interface Segment extends ColumnsFile {
  /** Least and greatest time of its rows, ms UTC. */
  readonly from: number;
  readonly to: number;
}

/** One explicit repair. */
export interface Repair {
  /** ms UTC of the local clock. */
  readonly at: number;
  readonly kind: string;
  readonly bars: number;
}

/** All that a version of a series consists of. */
export interface Manifest {
  readonly schema: typeof SCHEMA;
  /** What the rows are of: tells a folder that was moved or renamed. */
  readonly subject: string;
  /** In order of time. */
  readonly segments: readonly Segment[];
  /** Rows that others took the place of. */
  readonly replaced: ColumnsFile | null;
  readonly coverage: readonly Span[];
  readonly repairs: readonly Repair[];
  /** Names of this version and of the last ones that it was made from, newest first. */
  readonly lineage: readonly string[];
}

export interface Version {
  /** 0 before anything is stored. */
  readonly number: number;
  readonly manifest: Manifest;
}

const SCHEMA = 'paperwalk/series@1';
const MANIFEST = 'manifest.json';
/** What a process that was killed left behind is removed after that time. */
const ABANDONED_MS = 3_600_000;
/** Names of versions that a manifest remembers. */
const REMEMBERED = 32;
/** How often a reader or writer starts again because another writer was faster. */
const ATTEMPTS = 100;

let staged = 0;

/** What a new version has that the one before has not; segments and replaced rows that it goes on with are named by the manifest of before. */
export interface Change {
  /** Segments in order of time: kept ones as they were, new ones as columns. */
  readonly segments: readonly (Segment | { readonly columns: Columns; readonly from: number; readonly to: number })[];
  readonly replaced: ColumnsFile | { readonly columns: Columns } | null;
  readonly coverage: readonly Span[];
  readonly repairs: readonly Repair[];
}

/**
 * Rows in order of time in a folder, as a row of versions: `v1`, `v2`, ... Each is a folder with a manifest (sealed) and the columns it added,
 * and goes on using what earlier ones added. It appears by one rename of a folder already flushed, so that a version is there as a whole or
 * not at all, whatever stops the process; the rename fails where another process has made that version, and the writer starts again from it.
 * Readers take the greatest version. No lock is needed and none can be left behind.
 *
 * `subject` says what the rows are of, and is checked where it is given; a series without one can only be read.
 */
export function openSeries(folder: string, subject: string | undefined) {
  const empty: Version = {
    number: 0,
    manifest: { schema: SCHEMA, subject: subject ?? '', segments: [], replaced: null, coverage: [], repairs: [], lineage: [] },
  };

  const open = async (number: number): Promise<Version> => {
    if (number === 0) return empty;
    const file = join(folder, `v${number}`, MANIFEST);
    const manifest = (await readSealed(file, SCHEMA)) as Manifest;
    if (subject !== undefined && manifest.subject !== subject) {
      const message = `${file}: Expected what belongs to ${subject}, received ${manifest.subject}; give the folder its former name back`;
      throw new DataError(message, { file });
    }
    return { number, manifest };
  };
  const newest = async () => Math.max(0, ...(await versions(folder)));

  /** Looks at the newest version; starts again where a writer has meanwhile removed what it consists of. */
  const read = async <T>(look: (version: Version) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      const number = await newest();
      try {
        return await look(await open(number));
      } catch (error) {
        const { code, path = folder } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT') throw error;
        if ((await newest()) === number) throw missingFile(path);
        if (attempt === ATTEMPTS) throw new Error(`${folder}: Expected a version that stays, received ${ATTEMPTS} that went away`);
      }
    }
  };

  /** Makes the next version from the newest one, as often as another writer is faster; undefined makes none. */
  const write = async <T>(make: (version: Version) => Promise<{ readonly change?: Change; readonly result: T }>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      const { version, change, result } = await read(async (present) => ({ version: present, ...(await make(present)) }));
      if (!change || (await commit(version.number + 1, change, version.manifest.lineage))) return result;
      if (attempt === ATTEMPTS) throw new Error(`${folder}: Expected to be first once in ${ATTEMPTS} attempts to write`);
    }
  };

  /** Whether the version was made, and is what later ones were made from. */
  const commit = async (number: number, change: Change, before: readonly string[]): Promise<boolean> => {
    const staging = join(folder, `.new.${process.pid}.${staged++}`);
    await mkdir(staging, { recursive: true });
    try {
      let files = 0;
      const stored = async (columns: Columns): Promise<ColumnsFile> => {
        const { pieces, sha256, length } = encodeColumns(columns);
        const name = `${++files}.columns`;
        await writeSynced(join(staging, name), pieces);
        return { file: `v${number}/${name}`, length, sha256 };
      };
      const segments: Segment[] = [];
      for (const segment of change.segments) {
        segments.push('columns' in segment ? { ...(await stored(segment.columns)), from: segment.from, to: segment.to } : segment);
      }
      const replaced = change.replaced && 'columns' in change.replaced ? await stored(change.replaced.columns) : change.replaced;
      const { coverage, repairs } = change;
      const name = contentName([number, ...before.slice(0, 1), segments, replaced, coverage, repairs]);
      const lineage = [name, ...before].slice(0, REMEMBERED);
      const manifest: Manifest = { schema: SCHEMA, subject: subject ?? '', segments, replaced, coverage, repairs, lineage };
      await writeSynced(join(staging, MANIFEST), [Buffer.from(seal(manifest))]);
      await syncFolder(staging);
      const taken = await rename(staging, join(folder, `v${number}`)).then(
        () => false,
        (error: NodeJS.ErrnoException) => {
          if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code ?? '')) return true;
          throw error;
        },
      );
      if (taken) return false;
      await syncFolder(folder);
      if (number === 1) for (const parent of [dirname(folder), dirname(dirname(folder))]) await syncFolder(parent);
      const present = await read(async (version) => version);
      if (present.number === number) {
        await tidy(number, manifest);
        return true;
      }
      // Others have gone on from this version; or they had before, and a slow writer has made one again that was superseded and removed.
      if (present.manifest.lineage.includes(name)) return true;
      await rm(join(folder, `v${number}`), { recursive: true, force: true });
      return false;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  };

  /** Removes what the newest version does not use. */
  const tidy = async (number: number, { segments, replaced }: Manifest) => {
    const used = new Set([...segments, ...(replaced ? [replaced] : [])].map(({ file }) => file));
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (name.startsWith('.new.')) {
        const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
        // The file system's own clock on both sides.
        const { mtimeMs: present } = await stat(join(folder, `v${number}`)).catch(() => ({ mtimeMs: -Infinity }));
        if (present - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
      } else if (/^v\d+$/.test(name) && Number(name.slice(1)) < number) {
        const files = await readdir(path).catch(goneAs([]));
        const kept = files.filter((file) => used.has(`${name}/${file}`));
        if (kept.length === 0) await rm(path, { recursive: true, force: true });
        else for (const file of files) if (file !== MANIFEST && !kept.includes(file)) await rm(join(path, file), { force: true });
      }
    }
  };

  /** The columns of a file of this series. */
  const columns = (file: ColumnsFile): Promise<Columns> => readColumns(join(folder, file.file), file);

  return { read, write, columns };
}

export type Series = ReturnType<typeof openSeries>;

/** Numbers of the versions in a folder; none where there is no folder. */
async function versions(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch(goneAs([]));
  return names.filter((name) => /^v[1-9]\d*$/.test(name)).map((name) => Number(name.slice(1)));
}

/** The same for the same content on the same version, whoever writes it. */
function contentName(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

function missingFile(file: string): DataError {
  const message = `${file}: Expected the file that was stored, received none; restore it from a copy, or remove its folder and fetch or import it again`;
  return new DataError(message, { file });
}

function goneAs<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code !== 'ENOENT') throw error;
    return value;
  };
}
