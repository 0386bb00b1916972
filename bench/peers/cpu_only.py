"""Lets the torch wheel of PyPI load without the CUDA packages it lists, which a CPU never needs and which take several gigabytes.

Its libraries ask for those of CUDA by name when they load. This puts small ones under the same names beside them; each of their
functions answers "no device", so torch reports that there is no GPU and works on the CPU. Needs nm, readelf and a C compiler.

usage: python cpu_only.py            (with the Python of the virtual environment that holds torch)
"""

import collections
import importlib.util
import os
import pathlib
import re
import subprocess
import tempfile

NO_DEVICE = 100  # cudaErrorNoDevice
# Libraries whose symbols carry no version; all others are found by theirs.
UNVERSIONED = {"ncc": "libnccl.so.2", "cusparseLt": "libcusparseLt.so.0", "cuFile": "libcufile.so.0", "nvshmem": "libnvshmem_host.so.3"}
CUDA = re.compile(r"lib(cu|nv|nccl)\w*\.so\.\d+$")


def run(*command: str) -> str:
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout


def main() -> None:
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        raise SystemExit("cpu_only.py: expected torch to be installed in this environment, it is not")
    folder = pathlib.Path(spec.origin).parent / "lib"
    # {library: {version or "": symbols}}
    wanted: dict[str, dict[str, set[str]]] = collections.defaultdict(lambda: collections.defaultdict(set))
    for library in sorted(folder.glob("lib*torch*.so")) + sorted(folder.glob("libc10*.so")):
        for name in re.findall(r"NEEDED.*\[(.+)\]", run("readelf", "-d", str(library))):
            if CUDA.match(name) and name != "libcuda.so.1":
                wanted[name].update()
        files = {}
        file = ""
        for kind, name in re.findall(r"\b(File|Name): (\S+)", run("readelf", "-V", str(library))):
            if kind == "File":
                file = name
            else:
                files[name] = file
        for line in run("nm", "-D", "--undefined-only", "--with-symbol-versions", str(library)).splitlines():
            symbol, _, version = line.split()[-1].partition("@")
            version = version.lstrip("@")
            if version:
                file = files.get(version, "")
            else:
                file = next((value for prefix, value in UNVERSIONED.items() if symbol.startswith(prefix)), "")
            if CUDA.match(file):
                wanted[file][version].add(symbol)
    with tempfile.TemporaryDirectory() as scratch:
        source, script = os.path.join(scratch, "absent.c"), os.path.join(scratch, "absent.map")
        for library, versions in wanted.items():
            with open(source, "w") as code, open(script, "w") as nodes:
                for version, symbols in versions.items():
                    code.writelines(f"int {symbol}(void) {{ return {NO_DEVICE}; }}\n" for symbol in sorted(symbols))
                    if version:
                        nodes.write(f"{version} {{ global: {'; '.join(sorted(symbols))}; }};\n")
            versioned = [f"-Wl,--version-script={script}"] if any(versions) else []
            output = ["-o", str(folder / library)]
            run(os.environ.get("CC", "cc"), "-shared", "-fPIC", "-w", "-fno-builtin", f"-Wl,-soname,{library}", *versioned, source, *output)
    print(f"torch: {len(wanted)} libraries of CUDA stand-ins in place")


main()
