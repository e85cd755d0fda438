import test from 'ava';
import { listeningTcp, listeningUnix, netstat, openTcp } from '../../src/host/proc-net.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n';
/** As Linux 6 printed them; a listener with 11 waiting connections, one of those, one that was accepted. */
const TABLE = `${HEAD}   0: 0100007F:9675 00000000:0000 0A 00000000:0000000B 00:00000000 00000000     0        0 1725196 12 000000008e50fbd8 100 0 0 10 0                  
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 77 1 0000000083d7abee 100 0 0 10 0                   
  21: 0100007F:9675 0100007F:9B82 01 00000000:00000005 00:00000000 00000000     0        0 0 1 00000000f995c14d 20 4 30 10 -1                        
  22: 0100007F:9675 0100007F:9B84 01 00000010:000000FF 01:00000035 00000000 65534        0 1725300 1 00000000f995c14d 20 4 30 10 -1                        
 229: 0100007F:9B82 0100007F:9675 01 00000000:00000009 00:00000000 00000000     0        0 1725243 1 000000007e0e07b3 20 0 0 11 -1                   
`;
const row = (port: number, state: number, tx: number, rx: number, inode: number, sl = 5, address = '0100007F') => {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  const queues = `${hex(tx, 8)}:${hex(rx, 8)}`;
  return `${String(sl).padStart(4)}: ${address}:${hex(port, 4)} ${address}:0001 ${hex(state, 2)} ${queues} 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 20 4 30 10 -1\n`;
};

test('Listening sockets are read with their queues, up to the first that is another', (t) => {
  const { sockets, complete } = listeningTcp(TABLE);
  t.deepEqual(sockets, [
    { at: 0x9675, inode: 1725196, queue: 11 },
    { at: 8080, inode: 77, queue: 0 },
  ]);
  t.true(complete);
  const beginning = TABLE.split('\n').slice(0, 3).join('\n');
  t.deepEqual(listeningTcp(`${beginning}\n`), { sockets, complete: false });
  t.is(listeningTcp(beginning).sockets.length, 1, 'a row that is cut off is not read');
});

test('Connections to a port are told from those from it, and from those that nobody accepted', (t) => {
  t.deepEqual(openTcp(TABLE, new Set([0x9675])), [{ at: 0x9675, inode: 1725300, unread: 255, unsent: 16 }]);
  t.deepEqual(openTcp(TABLE, new Set([0x9b82])), [{ at: 0x9b82, inode: 1725243, unread: 9, unsent: 0 }]);
  t.deepEqual(openTcp(TABLE, new Set([1])), []);
});

test('IPv6 tables and v4-mapped addresses are read, also past the ten-thousandth row', (t) => {
  const mapped = '0000000000000000FFFF00000100007F';
  const any = '0'.repeat(32);
  const text = HEAD + row(443, 10, 0, 3, 9, 12_345, any) + row(443, 1, 7, 8, 10, 123_456, mapped);
  t.deepEqual(listeningTcp(text).sockets, [{ at: 443, inode: 9, queue: 3 }]);
  t.deepEqual(openTcp(text, new Set([443])), [{ at: 443, inode: 10, unread: 8, unsent: 7 }]);
});

test('A FIN is no byte that waits', (t) => {
  const only = (state: number, tx: number, rx: number) => {
    const [{ unread, unsent } = { unread: Number.NaN, unsent: Number.NaN }] = openTcp(
      HEAD + row(80, state, tx, rx, 5),
      new Set([80]),
    );
    return [unread, unsent];
  };
  t.deepEqual(only(0x08, 0, 1), [0, 0], 'CLOSE_WAIT: the client left and sent nothing');
  t.deepEqual(only(0x08, 0, 6), [5, 0], 'CLOSE_WAIT: it sent something before');
  t.deepEqual(only(0x08, 0, 0), [0, 0], 'CLOSE_WAIT: all of it was read');
  t.deepEqual(only(0x04, 1, 0), [0, 0], 'FIN_WAIT1: everything was taken but the FIN');
  t.deepEqual(only(0x04, 9, 0), [0, 8], 'FIN_WAIT1: the last bytes were not');
  t.deepEqual(only(0x01, 1, 1), [1, 1], 'ESTABLISHED: a byte is a byte');
});

test('What is no table gives nothing', (t) => {
  for (const text of [
    '',
    '\n',
    HEAD,
    'nonsense\nmore nonsense\n',
    `${HEAD}${'x'.repeat(200)}\n\n`,
    `${HEAD}   0: zz\n`,
  ]) {
    t.deepEqual(listeningTcp(text), { sockets: [], complete: false }, JSON.stringify(text));
    t.deepEqual(openTcp(text, new Set([1, 80, -1])), []);
  }
  t.deepEqual(listeningTcp(`${HEAD}garbage\n${row(80, 10, 0, 2, 5)}`).sockets, [{ at: 80, inode: 5, queue: 2 }]);
});

const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
00000000d4318099: 00000003 00000000 00000000 0001 02     0 /run/a b.sock
0000000046bb8a7b: 00000003 00000000 00000000 0001 02     0 /run/a b.sock
00000000aaaaaaaa: 00000002 00000000 00010000 0001 01 1725195 /run/a b.sock
00000000bbbbbbbb: 00000003 00000000 00000000 0001 03 1725200 /run/a b.sock
00000000cccccccc: 00000002 00000000 00010000 0001 01 200 @abstract
00000000dddddddd: 00000002 00000000 00010000 0001 01 300 /run/replaced
00000000eeeeeeee: 00000002 00000000 00010000 0001 01 301 /run/replaced
00000000ffffffff: 00000003 00000000 00000000 0001 03 400
`;

test('Of a Unix-domain listener those wait that have its path and no inode; accepted ones do not', (t) => {
  t.deepEqual(listeningUnix(UNIX), [
    { at: '/run/a b.sock', inode: 1725195, queue: 2 },
    { at: '@abstract', inode: 200, queue: 0 },
  ]);
  t.deepEqual(listeningUnix(''), []);
  t.deepEqual(listeningUnix('nonsense\n'), []);
});

test('A number of netstat is found by its name, in its group', (t) => {
  const text = 'TcpExt: Syn ListenOverflows ListenDrops\nTcpExt: 1 56249 7\nIpExt: ListenDrops\nIpExt: 3\n';
  t.is(netstat(text, 'TcpExt', 'ListenOverflows'), 56249);
  t.is(netstat(text, 'IpExt', 'ListenDrops'), 3);
  t.is(netstat(text, 'TcpExt', 'Other'), undefined);
  t.is(netstat(text, 'MPTcpExt', 'ListenDrops'), undefined);
  t.is(netstat('TcpExt: A\nTcpExt: x\n', 'TcpExt', 'A'), undefined);
  t.is(netstat('', 'TcpExt', 'A'), undefined);
});
