/**
 * Every bound of kvdist, with its unit in its name and its reason beside it.
 *
 * @module
 */

/** A key's UTF-8 length: long enough for a path, short enough for an index page. */
export const KEY_BYTES_MAX = 1024;

/** A value's UTF-8 length. Larger values would hold up the frames behind them. */
export const VALUE_BYTES_MAX = 1024 * 1024;

/** A frame's length: a value of `VALUE_BYTES_MAX` that JSON writes with six bytes each, and room. */
export const FRAME_BYTES_MAX = 8 * 1024 * 1024;

/**
 * What a frame's length may be allowed to be: its first byte is then less than that of anything in
 * Redis's protocol, and tells which of both a client speaks.
 */
export const FRAME_BYTES_SETTABLE_MAX = 2 ** 27 - 1;

/** What a value's length may be allowed to be: JSON can make six bytes of one, and that is a frame. */
export const VALUE_BYTES_SETTABLE_MAX = 16 * 1024 * 1024;

/** A request's own id: a UUID is 36 bytes. */
export const REQUEST_ID_BYTES_MAX = 128;

/** What a client may ask for as its own time limit: an hour. */
export const REQUEST_TIMEOUT_MS_MAX = 3_600_000;

/** How long a request waits by default before it is answered `timeout` or `no_quorum`. */
export const REQUEST_TIMEOUT_MS = 5_000;

/** A client waits this long for a connection: one that is started anew has failed within 5 s. */
export const CONNECT_TIMEOUT_MS = 4_000;

/** Of several replicas, one that has not answered by then is passed over for the next. */
export const CONNECT_TIMEOUT_OF_SEVERAL_MS = 1_000;

/** A client of several replicas waits at first this long before it tries all of them again … */
export const FAILOVER_PAUSE_MS_MIN = 50;

/** … then twice as long each time, up to this: one that is started anew is soon noticed. */
export const FAILOVER_PAUSE_MS_MAX = 500;

/** One request is asked at most so many times of each of several replicas, within its limit. */
export const FAILOVER_ROUNDS_MAX = 3;

/** Of several replicas, one whose answer is so much later than its limit counts as silent. */
export const FAILOVER_GRACE_MS = 300;

/**
 * A client of several replicas that could not tell what came of a write asks, beyond the write's
 * limit, for so long: a suspicion and a change of view, so that a majority can still say.
 */
export const OUTCOME_WAIT_MS = 2_000;

/** A client waits this much longer than a request's own limit: the replica's answer says more. */
export const REPLY_GRACE_MS = 1_000;

/** A client waits this long for an answer when it does not know the replica's limit. */
export const REPLY_WAIT_MS = 60_000;

/** Lines of a pipe whose answers `kvdist client` waits for at a time. */
export const PIPED_LINES_MAX = 256;

/** A line of a pipe: a value that is written with six bytes for each of its own, and room. */
export const LINE_BYTES_MAX = 8 * 1024 * 1024;

/** Lines of the interactive client's history. */
export const HISTORY_LINES_MAX = 1_000;

/** How often the interactive client looks whether a lost replica is back. */
export const RECONNECT_MS = 1_000;

/** Requests of one connection that may be under way: then it is read no further (TCP slows it). */
export const REQUESTS_IN_FLIGHT_MAX = 256;

/** Bytes of one connection's requests that may be under way, for the same reason. */
export const REQUEST_BYTES_IN_FLIGHT_MAX = 1024 * 1024;

/** Answers of one connection that may wait to be sent: then it is read no further. */
export const ANSWER_BYTES_MAX = 1024 * 1024;

/** What sessions may do in one turn of the event loop: a heartbeat must not wait for them. */
export const TURN_MS_MAX = 20;

/**
 * A replica's own undelivered messages while its view is live: above it, writes wait. What is
 * under way is delivered and applied in few turns, and nobody else is served in a long one.
 */
export const WRITES_IN_FLIGHT_MAX = 4096;

/** The same, in bytes. */
export const WRITE_BYTES_IN_FLIGHT_MAX = 8 * 1024 * 1024;

/** Bytes of a replica's own undelivered messages while no view is live: above it, writes wait. */
export const OUTBOX_BYTES_MAX = 64 * 1024 * 1024;

/** Undelivered messages of one origin; less than `N_STEP`, so that a restart passes all of them. */
export const OUTBOX_MESSAGES_MAX = 500_000;

/** What a message costs a replica besides its key and value (objects, indexes), for the bounds. */
export const MESSAGE_OVERHEAD_BYTES = 128;

/** One read of a socket. */
export const READ_BUFFER_BYTES = 64 * 1024;

/** What gathers for one write of a socket; it grows with what has to go out. */
export const WRITE_BUFFER_BYTES = 4 * 1024;

/** Arguments of one command in Redis's protocol: as many as an earlier Redis took. */
export const RESP_ARGUMENTS_MAX = 1024 * 1024;

/** A command in Redis's protocol that is written in one line, as in Redis. */
export const RESP_INLINE_BYTES_MAX = 64 * 1024;

/** Keys that one command may name: all of them are read, or changed, in one turn. */
export const RESP_KEYS_MAX = 16 * 1024;

/** What a key costs a command that changes many, besides its bytes: JSON's quotes and commas, and room. */
export const RESP_KEY_OVERHEAD_BYTES = 16;

/** One answer in Redis's protocol that lists keys or values: it is made in one turn. */
export const RESP_ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** Keys that `SCAN` looks at for one answer, whatever it is asked: their values may have a mebibyte each. */
export const RESP_SCAN_KEYS_MAX = 1_000;

/** Scans that may be under way at one replica: of more, the oldest is forgotten. */
export const RESP_CURSORS_MAX = 4_096;

/** How long a closed connection is still read, so that its last answer is not lost to a reset. */
export const LINGER_MS = 1_000;

/** HTTP requests that may be under way, each with a value in memory: of more, each is refused. */
export const HTTP_REQUESTS_MAX = 256;

/** Who watches over HTTP, each with a connection of its own: of more, each is refused. */
export const HTTP_WATCHERS_MAX = 1_000;

/** What a target has besides a key with three characters for each byte: path and query. */
export const HTTP_TARGET_OVERHEAD_CHARACTERS = 1024;

/** The headers of a request: a session of a thousand replicas, and room. */
export const HTTP_HEADERS_CHARACTERS_MAX = 32 * 1024;

/** The whole body of a request must have come by then: a mebibyte at a third of a megabit a second. */
export const HTTP_BODY_MS_MAX = 30_000;

/** Connections to a replica that are kept for the next HTTP request. */
export const HTTP_IDLE_CONNECTIONS_MAX = 32;

/** How often those who watch over HTTP are told. */
export const HTTP_WATCH_MS = 1_000;

/**
 * A replica that has not told its status by then counts as down for whoever asks over HTTP: those who
 * watch the others are told of them as often as ever.
 */
export const HTTP_STATUS_MS_MAX = HTTP_WATCH_MS;

/** A replica that has not told its status by then is shown as down by `top`: others are not kept waiting. */
export const TOP_STATUS_MS_MAX = 1_000;

/** How often `top` looks unless told otherwise. */
export const TOP_INTERVAL_MS = 1_000;

/** … and at the most: more often it would be a load of its own. */
export const TOP_INTERVAL_MS_MIN = 100;

/** … and at the least: an hour. */
export const TOP_INTERVAL_MS_MAX = 3_600_000;

/** Looks of `top` that one cell of a chart stands for: the cells of 80 columns are then two minutes. */
export const TOP_LOOKS_PER_CELL = 5;

/** Cells of a chart that `top` keeps: more than a terminal is wide. */
export const TOP_CELLS_KEPT = 300;

/** Snapshots that may wait for a watcher who does not read: with one more it is let go. */
export const HTTP_WATCHER_BEHIND_MAX = 10;

/** A replica does nothing at all for so long at most, if somebody wants to see that. */
export const FAULT_PAUSE_MS_MAX = 30_000;

/** It is cut off from its peers for so long at most: its log and outbox grow meanwhile. */
export const FAULT_CUT_MS_MAX = 300_000;

/** What it delivers is applied later for so long at most … */
export const FAULT_DELAY_MS_MAX = 300_000;

/** … and by so much at most: what waits is kept in memory. */
export const FAULT_DELAY_BY_MS_MAX = 10_000;

/** Replicas tell each other that they live this often. */
export const HEARTBEAT_MS = 100;

/** A peer that was not heard for this long is suspected. */
export const SUSPECT_AFTER_MS = 1_000;

/** How often a replica looks at its clock: suspicion and heartbeats are as exact as this. */
export const TICK_MS = 25;

/** A coordinator waits this long for all promises before it goes on without one, if it can. */
export const PROMISE_WAIT_MS = 500;

/** If it cannot, it waits this long for one that is heard: it may have much to report. */
export const PROMISE_WAIT_MS_MAX = 20_000;

/** A link on which nothing has come for so many suspicion times more is broken and made again. */
export const SILENT_LINK_FACTOR = 3;

/** A coordinator waits this long without progress of an installation before it tries again. */
export const INSTALL_WAIT_MS = 2_000;

/**
 * Entries that a replica may lack when it is taken into a view, whose members all wait for it: some
 * tenths of a second. More than that it fetches before.
 */
export const JOIN_LAG_MAX = 5_000;

/**
 * Who was a member not long ago waits before it is taken in again: not the first time, then this
 * long, and twice as long each time …
 */
export const REJOIN_WAIT_MS_MIN = 1_000;

/** … up to this. */
export const REJOIN_WAIT_MS_MAX = 16_000;

/** Who has been a member for this long has come to stay: its earlier absences are forgotten. */
export const REJOIN_FORGET_MS = 60_000;

/**
 * A member that has not acknowledged the head of the queue for so many suspicion times is
 * suspected: it is heard, but its disk hangs.
 */
export const ACKNOWLEDGE_LATE_FACTOR = 5;

/** A replica that is not the lowest waits at least this long before it begins a change … */
export const CHANGE_WAIT_MS_MIN = 200;

/** … and at most this long, at random, so that two seldom begin at once. */
export const CHANGE_WAIT_MS_MAX = 800;

/** A dialled peer is dialled again after this long at first, then twice as long each time … */
export const REDIAL_MS_MIN = 20;

/** … up to this. */
export const REDIAL_MS_MAX = 500;

/** A hello's length: two UUIDs and a few numbers. A stranger can fill no larger buffer. */
export const HELLO_BYTES_MAX = 4096;

/** A peer or stranger has this long to say its whole hello. */
export const HELLO_WAIT_MS = 2_000;

/** A server that cannot accept a connection tries again after this long. */
export const ACCEPT_PAUSE_MS = 100;

/** What nobody waits for goes to a peer with what goes there next, or this much later. */
export const LAZY_MS = 5;

/** Who has asked for a linearizable read within this long soon asks again, and waits for each answer. */
export const ASKING_MS = 1_000;

/** Messages in one broadcast: who receives it does nothing else meanwhile. */
export const BROADCAST_MESSAGES_MAX = 1024;

/** Bytes of messages in one broadcast, or in one part of a promise or an install: JSON can make six of each. */
export const PART_BYTES_MAX = 1024 * 1024;

/**
 * Bytes of all parts of one promise or install: far more than can be under way in a suspicion time,
 * and less than would end the process.
 */
export const PARTS_BYTES_MAX = 512 * 1024 * 1024;

/** Who catches up and has no answer from one that it hears asks anew after this long. */
export const FETCH_WAIT_MS = 15_000;

/**
 * Log entries, or keys, that one answer to a fetch may bear, in bytes: over a link of a megabit per
 * second it comes within `INSTALL_WAIT_MS`.
 */
export const FETCH_BYTES_MAX = 256 * 1024;

/** The same, in entries: as many as have the least bytes that one counts for. */
export const FETCH_ENTRIES_MAX = 8192;

/** A snapshot of which no part is asked for so long is ended: it keeps old pages of the store. */
export const SNAPSHOT_IDLE_MS = 10_000;

/** Keys in one part of a snapshot: as many as have the least that one counts for. */
export const SNAPSHOT_PART_MAX = 8192;

/**
 * Request ids in one part of a snapshot. Each has a page of the disk to itself, more or less,
 * and who takes the part in serves nobody meanwhile.
 */
export const SNAPSHOT_REQUESTS_MAX = 2048;

/**
 * At each start an origin's `n` moves on by at least this much: what it broadcast before a crash
 * without having it on disk is never numbered again.
 */
export const N_STEP = 2 ** 20;

/** A replica that lost its folder goes on this far above every `n` known of it. */
export const N_STEP_IDENTITY = 2 ** 30;

/**
 * Applied log entries that are kept for peers: whoever lacks no more than some seconds of full
 * load is brought up to date from the log, anybody else from a snapshot. On disk as well, all of
 * them are read at a start, in some tenths of a second.
 */
export const LOG_ENTRIES_KEPT = 50_000;

/** The same, in bytes: whichever comes first. They are kept in memory. */
export const LOG_BYTES_KEPT = 32 * 1024 * 1024;

/**
 * A segment of the log on disk: with each, what has changed is carried into the tables. A longer
 * one carries less of what changes again and again, and keeps more in memory.
 */
export const SEGMENT_BYTES = 8 * 1024 * 1024;

/**
 * Zeros that are written ahead of the log's records, at a time: long enough that forcing them to
 * disk is seldom, and short enough that it takes less than a millisecond.
 */
export const LOG_AHEAD_BYTES = 256 * 1024;

/** What a record of the log is made in, and used again: as much as most turns write. */
export const LOG_BUFFER_BYTES_KEPT = 1024 * 1024;

/**
 * Messages of one turn up to which a replica waits for its disk itself: few clients are answered
 * sooner so. With more of them it does other work meanwhile.
 */
export const FORCE_HERE_MESSAGES_MAX = 4;

/** Request ids that are deleted from the tables in one step, at most. */
export const FLUSH_FORGET_STEP = 8;

/** Keys that are sorted at once, before they are carried into the tables: a fraction of a millisecond. */
export const FLUSH_RUN_KEYS = 512;

/** Pages of the tables at hand: what is beyond is written bit by bit, not all at the end. */
export const TABLES_CACHE_BYTES = 8 * 1024 * 1024;

/** Values that were read of late, with their keys. */
export const READ_CACHE_BYTES = 32 * 1024 * 1024;

/** What SQLite's write-ahead log keeps of the disk when it begins anew. */
export const WAL_BYTES_KEPT = 16 * 1024 * 1024;

/** Request ids remembered for retries, in applied writes: some minutes at full load. */
export const REQUEST_IDS_KEPT = 1_000_000;

/** Rows that a scan may have to carry into the tables before it lists: some milliseconds. */
export const SCAN_ROWS_MAX = 512;

/** Keys are put in order for so long at a time, before they are listed. */
export const PREPARE_SCAN_MS = 10;

/** Keys that are listed at once, in one turn; their values may have a mebibyte each. */
export const DUMP_KEYS_MAX = 32;

/** What `status` says of lately: so many milliseconds … */
export const RECENT_MS = 60_000;

/** … and of that, so many measurements: a whole percent of them is enough to tell the 99th. */
export const RECENT_TIMES_MAX = 4096;

/**
 * The steps that latencies are counted in, in milliseconds: five for each power of ten (ISO 3, R5),
 * from what a turn takes to what nobody waits for any more.
 */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  ...[0.025, 0.04, 0.063],
  ...[0.1, 0.16, 0.25, 0.4, 0.63],
  ...[1, 1.6, 2.5, 4, 6.3],
  ...[10, 16, 25, 40, 63],
  ...[100, 160, 250, 400, 630],
  ...[1_000, 1_600, 2_500, 4_000, 6_300],
  10_000,
];

/** Times at which a replica learned of entries that it has not applied: one a tick, some minutes. */
export const STALENESS_MARKS_MAX = 8_192;

/** With `--fsync interval` the disk is forced this often: a power cut costs at most that. */
export const FORCE_EVERY_MS = 1_000;

/** A line of a history: a key and a value, written with six bytes for each of their own. */
export const HISTORY_LINE_BYTES_MAX = 8 * 1024 * 1024;

/** What is read of a history at once. */
export const HISTORY_READ_BYTES = 1024 * 1024;

/** Work that takes longer than this shows on a terminal how far it is. */
export const PROGRESS_AFTER_MS = 1_000;

/** Steps of all searches for an order in one judgement of a history: some ten seconds. */
export const CHECK_STEPS_MAX = 20_000_000;

/** Operations of which an order is searched that no witness tells; more would take too long. */
export const ORDER_SEARCH_OPERATIONS_MAX = 4_000;

/** Operations that the search for a history's smallest part may look at, one time or more each. */
export const SHRINK_WORK_MAX = 5_000_000;

/** Two reckonings of when the machine was started differ by less than this. */
export const BOOT_TOLERANCE_MS = 60_000;

/** Time for accepted requests to be answered when a server is asked to stop. */
export const DRAIN_MS = 2_000;

/** A worker that is asked to stop and has not by then is ended. */
export const STOP_WAIT_MS = 10_000;

/** A replica that stopped by itself is started again after this long, then twice as long … */
export const RESTART_MS_MIN = 1_000;

/** … up to this: what hinders it may need a person. */
export const RESTART_MS_MAX = 30_000;

/** A replica that ran for this long was well: its next restart comes soon again. */
export const RESTART_WELL_MS = 60_000;

/** A start says for whom it waits after this long, and is then ready with a majority. */
export const READY_WAIT_MS = 5_000;

/** Bytes that must be free to open a store: with less it would stop again at once. */
export const ROOM_BYTES_MIN = 1024 * 1024;

/** A peer that is to dial is asked this often whether it would, until it has. */
export const ASK_PEER_MS = 1_000;

/** Less suspicion time than three heartbeats would suspect everybody. */
export const SUSPECT_AFTER_MS_MIN = 300;

/** More replicas than this are refused: all-to-all broadcast is not meant for them. */
export const REPLICAS_MAX = 1_000;

/** Values in one request: a token, and room. Millions of them would take seconds to parse. */
export const REQUEST_VALUES_MAX = 2 * REPLICAS_MAX;

/** A frame up to this length is parsed uncounted, as most of the largest values are. */
export const FRAME_BYTES_UNCOUNTED = VALUE_BYTES_MAX + 64 * 1024;

/** Bytes that a proxy of `chaos` holds for one way of a connection: some hundred milliseconds' worth. */
export const CHAOS_LINK_BYTES_MAX = 8 * 1024 * 1024;

/** A replica that `chaos` starts has so long to answer local reads, on a machine under full load. */
export const CHAOS_READY_MS_MAX = 60_000;

/** What `chaos` keeps in memory of a replica's log, for the reason of a failure: its end. */
export const CHAOS_STDERR_CHARACTERS_KEPT = 16 * 1024;

/** Log rows that `chaos` reads in one turn: its clients wait meanwhile. */
export const CHAOS_LOG_ROWS_READ = 2_000;

/** What `chaos` writes to a history at once. */
export const CHAOS_WRITE_CHARACTERS = 64 * 1024;

/** Time limit of the requests of `chaos`: some suspicion times, so that most outlive a change of view. */
export const CHAOS_REQUEST_MS = 3_000;

/** A client of `chaos` waits this long for a connection: a stopped process accepts none for long. */
export const CHAOS_CONNECT_MS = 1_000;

/** … and this much beyond the time limit for an answer. */
export const CHAOS_REPLY_GRACE_MS = 500;

/** How often `chaos` reads the logs of its replicas: long before one drops what was not read. */
export const CHAOS_COLLECT_MS = 1_000;

/** After healing, all replicas must be in one view and equal within this, on a machine under load. */
export const CHAOS_CONVERGE_MS_MAX = 60_000;

/** What a trace tells of a value: a longer one would fill the file, and no picture shows it. */
export const TRACE_VALUE_CHARACTERS_MAX = 256;

/** A trace is written about this often: what a kill loses of it, against a write for every few lines … */
export const TRACE_FLUSH_MS = 20;

/** … or when there are so many lines: more would hold up the replica while they become text. */
export const TRACE_FLUSH_LINES = 512;

/** How long it is counted what a trace tells of: short, or the first surge is told in full. */
export const TRACE_WINDOW_MS = 100;

/** In that time a trace tells of so many messages: those of 2,000 writes a second, and some more. */
export const TRACE_MESSAGES_PER_WINDOW_MAX = 220;

/** So many lines of a trace are drawn at once: more nobody follows, and a page must stay quick. */
export const SHOW_LINES_MAX = 10_000;

/** So many lines of a trace are judged: twice as many are held while it is read, in 2 GB. */
export const JUDGED_LINES_MAX = 2_000_000;

/** A page that draws a trace: it is sent by mail, and a browser must stay quick. */
export const REPORT_BYTES_MAX = 1_000_000;

/** The bounds that a server can be given, and that both ends of a connection check. */
export interface WireLimits {
  /** UTF-8 bytes of a key. */
  readonly keyBytes: number;
  /** UTF-8 bytes of a value. */
  readonly valueBytes: number;
  /** Bytes of a frame, without its four-byte length. */
  readonly frameBytes: number;
}

/** The bounds unless a server was given others. */
export const WIRE_LIMITS: WireLimits = {
  keyBytes: KEY_BYTES_MAX,
  valueBytes: VALUE_BYTES_MAX,
  frameBytes: FRAME_BYTES_MAX,
};
