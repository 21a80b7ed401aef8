import { dlopen, type FFIFunction, FFIType } from "bun:ffi";

const { i32, u32, u64, ptr } = FFIType;

/** What is called of `<poll.h>`, `<sys/socket.h>` and `<unistd.h>`. */
const functions = {
  dup2: { args: [i32, i32], returns: i32 },
  getpeername: { args: [i32, ptr, ptr], returns: i32 },
  getsockname: { args: [i32, ptr, ptr], returns: i32 },
  getsockopt: { args: [i32, i32, i32, ptr, ptr], returns: i32 },
  poll: { args: [ptr, u64, i32], returns: i32 },
  setsockopt: { args: [i32, i32, i32, ptr, u32], returns: i32 },
} as const satisfies Readonly<Record<string, FFIFunction>>;

/** The C library; null on systems other than Linux, and where it cannot be loaded. */
export function loadLibc() {
  if (process.platform !== "linux") return null;
  for (const name of ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`]) {
    try {
      return dlopen(name, functions).symbols;
    } catch {
      // The other C library, or none.
    }
  }
  return null;
}
