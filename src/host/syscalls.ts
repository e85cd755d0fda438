/** Names of the system calls that a thread is likely to wait in. The numbers are Linux's, by architecture. */
const NUMBERS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  x64: {
    0: 'read',
    1: 'write',
    2: 'open',
    4: 'stat',
    5: 'fstat',
    6: 'lstat',
    7: 'poll',
    17: 'pread64',
    18: 'pwrite64',
    19: 'readv',
    20: 'writev',
    23: 'select',
    35: 'nanosleep',
    42: 'connect',
    43: 'accept',
    44: 'sendto',
    45: 'recvfrom',
    46: 'sendmsg',
    47: 'recvmsg',
    61: 'wait4',
    72: 'fcntl',
    73: 'flock',
    74: 'fsync',
    75: 'fdatasync',
    82: 'rename',
    87: 'unlink',
    202: 'futex',
    217: 'getdents64',
    230: 'clock_nanosleep',
    232: 'epoll_wait',
    257: 'openat',
    262: 'newfstatat',
    271: 'ppoll',
    281: 'epoll_pwait',
    288: 'accept4',
    332: 'statx',
  },
  arm64: {
    22: 'epoll_pwait',
    25: 'fcntl',
    32: 'flock',
    56: 'openat',
    61: 'getdents64',
    63: 'read',
    64: 'write',
    65: 'readv',
    66: 'writev',
    67: 'pread64',
    68: 'pwrite64',
    72: 'pselect6',
    73: 'ppoll',
    79: 'newfstatat',
    80: 'fstat',
    82: 'fsync',
    83: 'fdatasync',
    98: 'futex',
    101: 'nanosleep',
    115: 'clock_nanosleep',
    202: 'accept',
    203: 'connect',
    206: 'sendto',
    207: 'recvfrom',
    211: 'sendmsg',
    212: 'recvmsg',
    260: 'wait4',
    291: 'statx',
  },
};

/** Those whose first argument is a file descriptor. */
const ON_FILES = new Set(
  'read write fstat pread64 pwrite64 readv writev connect accept accept4 sendto recvfrom sendmsg recvmsg fcntl flock fsync fdatasync getdents64'.split(
    ' ',
  ),
);

/** The name of a call, or `syscall 333` for one that is not listed. */
export function syscallName(number: number, architecture: string): string {
  return NUMBERS[architecture]?.[number] ?? `syscall ${number}`;
}

export function isOnFile(name: string): boolean {
  return ON_FILES.has(name);
}
